import type { Runtime } from '../lib/runtime.ts'

/** The runtime with a fetch that lets requests out at an even pace, whoever asks. */
export function limitRate(runtime: Runtime, requestsPerSecond: number | undefined): Runtime {
  if (requestsPerSecond === undefined) return runtime
  const gap = 1000 / requestsPerSecond
  let free = 0
  return {
    ...runtime,
    fetch: async (input, init) => {
      const now = runtime.clock.now()
      const turn = Math.max(now, free)
      free = turn + gap
      if (turn > now) await runtime.clock.sleep(turn - now, init?.signal ?? runtime.signal)
      return runtime.fetch(input, init)
    },
  }
}
