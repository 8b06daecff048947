import type { LogLine, Run, RunStatus, Step } from '#core/host/contract.ts'
import { type ErrorData, toMillraceError } from '#core/lib/error.ts'
import type { Clock, Log } from '#core/lib/runtime.ts'
import type { HostEvents } from './emitter.ts'
import type { Redactor } from './redact.ts'
import type { RunStore } from './run-store.ts'

export type Counts = Record<string, number>

/** How a step ended. A step that throws has failed with that error, or was cancelled. */
export interface StepResult {
  status: Exclude<RunStatus, 'queued' | 'running'>
  counts?: Counts
  error?: ErrorData
}

/**
 * Writes down what one run does as it does it, and tells whoever listens. All that passes through
 * here is redacted: a secret ends here whoever let it slip.
 */
export interface RunRecorder {
  run: Run
  log: Log
  /** Runs one step. Resolves with how it ended, whichever way; only an abort of the run is thrown on. */
  step(name: string, work: (report: (counts: Counts) => void) => Promise<StepResult>): Promise<StepResult>
  /** Notes a step that somebody else runs (a stream of a source), by its name; again and again as it goes on. */
  note(
    name: string,
    state: { status: RunStatus; counts: Counts; error?: ErrorData | undefined; startedAt?: number; endedAt?: number | undefined },
  ): void
  /** What the whole run counted, by the part that counts; without it, the run counts what its steps did. */
  count(part: string, counts: Counts): void
  begin(): void
  end(thrown?: unknown): Run
}

export interface RecorderContext {
  store: RunStore
  events: HostEvents
  redactor: Redactor
  clock: Clock
}

/** Progress is written and told at most this often, in milliseconds; changes of status at once. */
const pace = 250
/** A run that logs more than this is logging in a loop. */
const maxLogLines = 20_000

export function createRunRecorder(initial: Run, signal: AbortSignal, context: RecorderContext): RunRecorder {
  const { store, events, redactor, clock } = context
  const steps = new Map<string, Step>()
  const written = new Map<string, number>()
  const parts = new Map<string, Counts>()
  let run = initial
  let told = 0
  let lines = 0

  const tell = (force: boolean) => {
    const now = clock.now()
    if (!force && now - told < pace) return
    told = now
    run = { ...run, counts: sum(parts.size > 0 ? [...parts.values()] : [...steps.values()].map((step) => step.counts)) }
    store.updateRun(run)
    events.emit('run.changed', run)
  }

  const write = (step: Step) => {
    const changed = steps.get(step.name)?.status !== step.status
    steps.set(step.name, step)
    const now = clock.now()
    if (!changed && now - (written.get(step.name) ?? 0) < pace) return
    written.set(step.name, now)
    store.writeStep(run.id, step)
    tell(changed)
  }

  const note: RunRecorder['note'] = (name, state) => {
    const known = steps.get(name)
    write({
      id: known?.id ?? steps.size + 1,
      name,
      status: state.status,
      startedAt: state.startedAt ?? known?.startedAt ?? clock.now(),
      counts: state.counts,
      ...(state.error === undefined ? {} : { error: redactor.redact(state.error) }),
      ...(isOpen(state.status) ? {} : { endedAt: state.endedAt ?? clock.now() }),
    })
  }

  return {
    get run() {
      return run
    },
    log(level, message, facts) {
      if (++lines > maxLogLines) return
      const line: LogLine =
        lines === maxLogLines
          ? { at: clock.now(), level: 'warn', message: `The log is cut here, after ${maxLogLines} lines.` }
          : redactor.redact({ at: clock.now(), level, message, ...(facts === undefined ? {} : { facts: plain(facts) }) })
      store.log(run.id, line)
      events.emit('run.log', { runId: run.id, ...line })
    },
    note,
    async step(name, work) {
      let counts: Counts = {}
      note(name, { status: 'running', counts })
      const report = (latest: Counts) => {
        counts = latest
        note(name, { status: 'running', counts })
      }
      try {
        const result = await work(report)
        note(name, { ...result, counts: result.counts ?? counts })
        return result
      } catch (thrown) {
        const error = toMillraceError(thrown).toJSON()
        note(name, { status: signal.aborted ? 'cancelled' : 'failed', counts, error })
        signal.throwIfAborted()
        return { status: 'failed', counts, error }
      }
    },
    count(part, counts) {
      parts.set(part, counts)
      tell(false)
    },
    begin() {
      run = { ...run, status: 'running', startedAt: clock.now() }
      tell(true)
    },
    end(thrown) {
      for (const step of steps.values())
        store.writeStep(run.id, isOpen(step.status) ? { ...step, status: 'cancelled', endedAt: clock.now() } : step)
      const error = thrown === undefined ? firstError(steps.values()) : redactor.redact(toMillraceError(thrown).toJSON())
      const status = signal.aborted ? 'cancelled' : thrown === undefined ? combine([...steps.values()]) : 'failed'
      run = { ...run, status, endedAt: clock.now(), ...(error === undefined ? {} : { error }) }
      tell(true)
      return run
    },
  }
}

/** What the run came to: its steps', where they agree; `partial` where some came through and some did not. */
function combine(steps: readonly Step[]): RunStatus {
  const statuses = new Set(steps.map((step) => step.status))
  if (statuses.size === 0 || (statuses.size === 1 && statuses.has('succeeded'))) return 'succeeded'
  if (statuses.has('succeeded') || statuses.has('partial')) return 'partial'
  return statuses.has('failed') ? 'failed' : 'cancelled'
}

function firstError(steps: Iterable<Step>): ErrorData | undefined {
  for (const step of steps) if (step.error !== undefined) return step.error
  return undefined
}

function isOpen(status: RunStatus): boolean {
  return status === 'queued' || status === 'running'
}

function sum(all: readonly Counts[]): Counts {
  const total: Counts = {}
  for (const counts of all) for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count
  return total
}

/** Facts as JSON has them: errors as their message, what JSON cannot carry as text. */
function plain(facts: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(facts, (_key, value: unknown) => {
      if (value instanceof Error) return value.message
      return typeof value === 'bigint' ? value.toString() : value
    }),
  )
}
