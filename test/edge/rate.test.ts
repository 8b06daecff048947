import { expect, test } from 'vitest'
import { Rate } from '#edge/deliver/rate.ts'

/** Time that passes only while somebody sleeps. */
function sleepingClock() {
  let now = 1000
  const slept: number[] = []
  return {
    slept,
    pass: (ms: number) => (now += ms),
    now: () => now,
    sleep: async (ms: number) => {
      slept.push(ms)
      now += ms
    },
  }
}

const { signal } = new AbortController()

test('requests are spaced evenly, and a pause does not let more through afterwards', async () => {
  const clock = sleepingClock()
  const rate = new Rate(10, clock)
  for (let request = 0; request < 4; request++) await rate.wait(signal)
  expect(clock.slept).toEqual([100, 100, 100])
  clock.pass(5000)
  await rate.wait(signal)
  await rate.wait(signal)
  expect(clock.slept).toEqual([100, 100, 100, 100])
})

test('without a limit nobody waits', async () => {
  const clock = sleepingClock()
  const rate = new Rate(undefined, clock)
  for (let request = 0; request < 4; request++) await rate.wait(signal)
  expect(clock.slept).toEqual([])
})
