import { isDeepStrictEqual } from 'node:util'
import { monotonicFactory } from 'ulid'
import type { Job, Run } from '#core/host/contract.ts'
import { cancelled, MillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { createRunRecorder, type RecorderContext, type RunRecorder } from './run-recorder.ts'
import { jobKey } from './run-store.ts'

/*
 *            start                 its keys are free, a place is free
 *  (nothing) ─────▶ queued ────────────────────────────────▶ running ─────▶ succeeded | partial | failed
 *                     │ cancel                                  │ cancel
 *                     └────────────▶ cancelled ◀────────────────┘
 *  At the start of the host, what a dead process left queued or running becomes failed (`interrupted`).
 */

export interface Runner {
  /** Queues the job. The same job already waiting is not queued twice: that run is returned. */
  start(job: Job, trigger: Run['trigger']): Run
  /** Throws `unknown-run`; a run that has ended stays as it is. */
  cancel(runId: string): void
  /** Whether a run of this very job waits or goes on. */
  isActive(job: Job): boolean
  /** Whether a run that waits or goes on needs this key for itself. */
  isHeld(key: string): boolean
  /** Resolves once nothing waits or runs. */
  idle(): Promise<void>
  /** Cancels everything and waits for its end. */
  close(): Promise<void>
}

/** Does the job, noting what it does. Throws what makes the whole run fail. */
export type ExecuteJob = (job: Job, work: JobWork) => Promise<void>

export interface JobWork {
  recorder: RunRecorder
  /** With the run's log and signal. */
  runtime: Runtime
}

export interface RunnerOptions extends RecorderContext {
  execute: ExecuteJob
  /** What a job needs for itself: two jobs that share a key do not run at once. */
  keys: (job: Job) => readonly string[]
  runtime: Omit<Runtime, 'log' | 'signal'>
  /** Runs side by side. */
  limit: number
  /** Called when a run has ended. */
  onEnd?: (run: Run) => void
}

interface Entry {
  job: Job
  keys: readonly string[]
  abort: AbortController
  recorder: RunRecorder
  state: 'queued' | 'running'
}

/** Ended runs that are remembered. */
const keptRuns = 2000

export function createRunner(options: RunnerOptions): Runner {
  const { store, clock } = options
  const newId = monotonicFactory(options.runtime.random)
  const entries = new Map<string, Entry>()
  let waiting: (() => void)[] = []
  let closed = false

  store.interrupt(clock.now(), {
    code: 'interrupted',
    fault: 'transient',
    retryable: true,
    message: 'Millrace ended while this ran.',
    mend: 'Run it again: it goes on from what was acknowledged.',
  })
  store.prune(keptRuns)

  const pump = () => {
    const held = new Set<string>()
    let running = 0
    for (const entry of entries.values()) if (entry.state === 'running') running++
    for (const entry of entries.values()) {
      // In order of arrival; what an earlier one waits for is not taken from under it.
      const free = entry.keys.every((key) => !held.has(key))
      for (const key of entry.keys) held.add(key)
      if (entry.state === 'running' || !free || running >= options.limit) continue
      running++
      entry.state = 'running'
      void runEntry(entry)
    }
    if (entries.size > 0) return
    for (const resolve of waiting) resolve()
    waiting = []
  }

  const runEntry = async (entry: Entry) => {
    const { recorder, abort } = entry
    recorder.begin()
    let failure: unknown
    try {
      await options.execute(entry.job, { recorder, runtime: { ...options.runtime, clock, log: recorder.log, signal: abort.signal } })
    } catch (thrown) {
      failure = thrown
    }
    finish(entry, failure)
  }

  const finish = (entry: Entry, failure?: unknown) => {
    const run = entry.recorder.end(failure)
    entries.delete(run.id)
    options.onEnd?.(run)
    pump()
  }

  const cancel = (entry: Entry) => {
    entry.abort.abort(cancelled('The run was cancelled.', undefined))
    if (entry.state === 'queued') finish(entry, entry.abort.signal.reason)
  }

  const idle = () => (entries.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve)))

  return {
    start(job, trigger) {
      if (closed) throw new MillraceError({ code: 'host-closed', fault: 'transient', message: 'The host is ending.' })
      const same = [...entries.values()].find((entry) => entry.state === 'queued' && isDeepStrictEqual(entry.job, job))
      if (same !== undefined) return same.recorder.run
      const abort = new AbortController()
      const run: Run = { id: newId(clock.now()), job, trigger, status: 'queued', startedAt: clock.now(), counts: {} }
      store.insertRun(run)
      options.events.emit('run.changed', run)
      entries.set(run.id, { job, keys: options.keys(job), abort, recorder: createRunRecorder(run, abort.signal, options), state: 'queued' })
      pump()
      return entries.get(run.id)?.recorder.run ?? store.run(run.id)!
    },
    cancel(runId) {
      const entry = entries.get(runId)
      if (entry !== undefined) cancel(entry)
      else if (store.run(runId) === undefined) {
        throw new MillraceError({ code: 'unknown-run', fault: 'config', message: `There is no run ${runId}.` })
      }
    },
    isActive: (job) => [...entries.values()].some((entry) => jobKey(entry.job) === jobKey(job)),
    isHeld: (key) => [...entries.values()].some((entry) => entry.keys.includes(key)),
    idle,
    async close() {
      closed = true
      for (const entry of entries.values()) cancel(entry)
      await idle()
    },
  }
}
