import type { Job, Run } from '#core/host/contract.ts'
import type { Clock, Log } from '#core/lib/runtime.ts'
import type { Stack } from '#core/stack/stack.ts'
import type { StateDatabase } from './database.ts'
import { jobKey } from './run-store.ts'
import { parseSchedule, type Schedule } from './schedule.ts'

export interface SchedulerOptions {
  database: StateDatabase
  clock: Clock
  log: Log
  stack: () => Stack
  start: (job: Job, trigger: Run['trigger']) => void
  isActive: (job: Job) => boolean
}

export interface Scheduler {
  /** Starts what is due now. Returns when it wants to be asked again, milliseconds since the epoch. */
  tick(): number
  /** Ticks until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}

/** The clock is looked at this often, in milliseconds, because a machine that slept does not wake its timers. */
const longestWait = 30_000

/**
 * Starts jobs by the schedules of the stack's files. When a job was last due is kept on the disk: runs
 * missed while the machine slept, or Millrace was not running, are made up for by one. A new or
 * changed schedule counts from when it is first seen.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const select = options.database.prepare<[string], { pattern: string; last_at: number }>(
    'SELECT pattern, last_at FROM schedules WHERE job_key = ?',
  )
  const write = options.database.prepare(
    `INSERT INTO schedules (job_key, pattern, last_at) VALUES (?, ?, ?)
     ON CONFLICT (job_key) DO UPDATE SET pattern = excluded.pattern, last_at = excluded.last_at`,
  )

  const tick = () => {
    const now = options.clock.now()
    let wake = now + longestWait
    for (const { job, pattern, schedule } of scheduledJobs(options.stack())) {
      const key = jobKey(job)
      let known = select.get(key)
      if (known?.pattern !== pattern) {
        known = { pattern, last_at: now }
        write.run(key, pattern, now)
      }
      const due = schedule(known.last_at)
      if (due === undefined) continue
      if (due > now) {
        wake = Math.min(wake, due)
        continue
      }
      write.run(key, pattern, now)
      if (options.isActive(job)) options.log('info', `${key} is due, and still running: skipped.`)
      else options.start(job, 'schedule')
      wake = Math.min(wake, schedule(now) ?? wake)
    }
    return wake
  }

  return {
    tick,
    async follow(signal) {
      while (!signal.aborted) {
        const wake = tick()
        await options.clock.sleep(Math.max(1, wake - options.clock.now()), signal).catch(() => {})
      }
    },
  }
}

interface ScheduledJob {
  job: Job
  pattern: string
  schedule: Schedule
}

/** A schedule that cannot be read is left out; the stack's problems say so. */
function scheduledJobs(stack: Stack): ScheduledJob[] {
  const all: [Job, string | undefined][] = [
    ...stack.sources.map(({ name, content }): [Job, string | undefined] => [
      { kind: 'source', name },
      content.kind === 'etl' ? content.schedule : undefined,
    ]),
    ...stack.models.map(({ name, content }): [Job, string | undefined] => [{ kind: 'models', name }, content.schedule]),
    ...stack.traits.map(({ name, content }): [Job, string | undefined] => [{ kind: 'traits', name }, content.trait.schedule]),
    ...stack.syncs.map(({ name, content }): [Job, string | undefined] => [{ kind: 'sync', name }, content.schedule]),
  ]
  return all.flatMap(([job, pattern]) => {
    if (pattern === undefined) return []
    try {
      return [{ job, pattern, schedule: parseSchedule(pattern) }]
    } catch {
      return []
    }
  })
}
