import type { Job, LogLine, Run, RunStatus, Step } from '#core/host/contract.ts'
import type { ErrorData } from '#core/lib/error.ts'
import type { StateDatabase } from './database.ts'

/** Runs, their steps and logs. Synchronous, as SQLite is: what it returns is on the disk. */
export interface RunStore {
  insertRun(run: Run): void
  updateRun(run: Run): void
  run(id: string): Run | undefined
  /** Newest first. */
  runs(limit: number): Run[]
  lastRun(job: Job): Run | undefined
  writeStep(runId: string, step: Step): void
  steps(runId: string): Step[]
  log(runId: string, line: LogLine): void
  /** Oldest first; of a long log, the last `limit` lines. */
  logs(runId: string, limit: number): LogLine[]
  /** Ends, as failed, all runs a dead process left behind. Returns them. */
  interrupt(at: number, error: ErrorData): Run[]
  /** Forgets all but the newest `keep` ended runs, with their steps and logs. */
  prune(keep: number): void
}

/** `source:crm`, `models`, `all`: one string a job, equal for equal jobs. */
export function jobKey(job: Job): string {
  return 'name' in job && job.name !== undefined ? `${job.kind}:${job.name}` : job.kind
}

export function createRunStore(database: StateDatabase): RunStore {
  const insertRun = database.prepare(
    `INSERT INTO runs (id, job_key, job, trigger, status, started_at, ended_at, counts, error)
     VALUES (@id, @jobKey, @job, @trigger, @status, @startedAt, @endedAt, @counts, @error)`,
  )
  const updateRun = database.prepare(
    'UPDATE runs SET status = @status, started_at = @startedAt, ended_at = @endedAt, counts = @counts, error = @error WHERE id = @id',
  )
  const selectRun = database.prepare<[string], RunRow>('SELECT * FROM runs WHERE id = ?')
  const selectRuns = database.prepare<[number], RunRow>('SELECT * FROM runs ORDER BY id DESC LIMIT ?')
  const selectLast = database.prepare<[string], RunRow>('SELECT * FROM runs WHERE job_key = ? ORDER BY id DESC LIMIT 1')
  const selectOpen = database.prepare<[], RunRow>(`SELECT * FROM runs WHERE status IN ('queued', 'running') ORDER BY id`)
  const writeStep = database.prepare(
    `INSERT INTO steps (run_id, id, name, status, started_at, ended_at, counts, error)
     VALUES (@runId, @id, @name, @status, @startedAt, @endedAt, @counts, @error)
     ON CONFLICT (run_id, id) DO UPDATE SET status = excluded.status, ended_at = excluded.ended_at, counts = excluded.counts, error = excluded.error`,
  )
  const selectSteps = database.prepare<[string], StepRow>('SELECT * FROM steps WHERE run_id = ? ORDER BY id')
  const insertLog = database.prepare('INSERT INTO logs (run_id, at, level, message, facts) VALUES (@runId, @at, @level, @message, @facts)')
  const selectLogs = database.prepare<[string, number], LogRow>(
    'SELECT * FROM (SELECT * FROM logs WHERE run_id = ? ORDER BY id DESC LIMIT ?) ORDER BY id',
  )
  const interruptSteps = database.prepare(
    `UPDATE steps SET status = 'failed', ended_at = ?, error = ? WHERE status IN ('queued', 'running')`,
  )
  const prune = database.prepare(
    `DELETE FROM runs WHERE status NOT IN ('queued', 'running') AND id NOT IN (SELECT id FROM runs ORDER BY id DESC LIMIT ?)`,
  )

  return {
    insertRun: (run) =>
      void insertRun.run({ ...columns(run), jobKey: jobKey(run.job), job: JSON.stringify(run.job), trigger: run.trigger }),
    updateRun: (run) => void updateRun.run(columns(run)),
    run: (id) => toRun(selectRun.get(id)),
    runs: (limit) => selectRuns.all(limit).map((row) => toRun(row)!),
    lastRun: (job) => toRun(selectLast.get(jobKey(job))),
    writeStep: (runId, step) => void writeStep.run({ runId, name: step.name, ...columns(step) }),
    steps: (runId) => selectSteps.all(runId).map(toStep),
    log: (runId, line) => void insertLog.run({ ...line, runId, facts: line.facts === undefined ? null : JSON.stringify(line.facts) }),
    logs: (runId, limit) => selectLogs.all(runId, limit).map(toLogLine),
    interrupt: database.transaction((at: number, error: ErrorData) => {
      const open = selectOpen.all().map((row) => ({ ...toRun(row)!, status: 'failed' as const, endedAt: at, error }))
      for (const run of open) updateRun.run(columns(run))
      interruptSteps.run(at, JSON.stringify(error))
      return open
    }),
    prune: (keep) => void prune.run(keep),
  }
}

interface StatusRow {
  status: RunStatus
  started_at: number
  ended_at: number | null
  counts: string
  error: string | null
}

interface RunRow extends StatusRow {
  id: string
  job: string
  trigger: Run['trigger']
}

interface StepRow extends StatusRow {
  id: number
  name: string
}

interface LogRow {
  at: number
  level: LogLine['level']
  message: string
  facts: string | null
}

function columns(item: Run | Step) {
  return {
    id: item.id,
    status: item.status,
    startedAt: item.startedAt,
    endedAt: item.endedAt ?? null,
    counts: JSON.stringify(item.counts),
    error: item.error === undefined ? null : JSON.stringify(item.error),
  }
}

function toRun(row: RunRow | undefined): Run | undefined {
  if (row === undefined) return undefined
  return { id: row.id, job: JSON.parse(row.job), trigger: row.trigger, ...toStatus(row) }
}

function toStep(row: StepRow): Step {
  return { id: row.id, name: row.name, ...toStatus(row) }
}

function toStatus(row: StatusRow) {
  return {
    status: row.status,
    startedAt: row.started_at,
    counts: JSON.parse(row.counts) as Record<string, number>,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as ErrorData }),
  }
}

function toLogLine(row: LogRow): LogLine {
  return { at: row.at, level: row.level, message: row.message, ...(row.facts === null ? {} : { facts: JSON.parse(row.facts) }) }
}
