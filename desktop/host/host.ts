import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import type { HostFace } from '#core/host/dispatch.ts'
import { type Log, systemClock } from '#core/lib/runtime.ts'
import { type ClickHouseAddress, createClickHouse } from './clickhouse.ts'
import { openDatabase } from './database.ts'
import { createHostEvents } from './emitter.ts'
import { createHandlers } from './handlers/all.ts'
import type { EdgeAddress } from './edge-address.ts'
import type { HostContext } from './host-context.ts'
import { checkJob, createExecute, jobKeys } from './jobs/execute.ts'
import { hostPaths } from './paths.ts'
import type { Redactor } from './redact.ts'
import { writeRun } from './run-log.ts'
import { createRunStore } from './run-store.ts'
import { createRunner, type Runner } from './runner.ts'
import { createScheduler } from './scheduler.ts'
import type { SecretResolver } from './secrets.ts'
import { createFolderFiles } from './stack-files.ts'
import { type StackView, viewStack } from './stack-view.ts'
import { watchStack } from './stack-watch.ts'
import { createStateStore } from './state-store.ts'
import { createTails } from './tails.ts'
import type { Vaults } from './vault.ts'
import { createTables } from './warehouse-tables.ts'

export interface HostOptions {
  /** Absolute. Its `.millrace` exists and is locked by the caller (`openStack`). */
  stackFolder: string
  warehouse: ClickHouseAddress
  edge?: EdgeAddress | undefined
  secret: SecretResolver
  vaults: Vaults
  redactor: Redactor
  /** A name under `environments` of millrace.yaml. */
  environment?: string | undefined
  /** Names of sources and destinations that the demo plays. */
  simulated?: readonly string[]
  /** Runs jobs by the stack's schedules, and follows its files. Off for a command that does one thing. */
  live: boolean
  log: Log
}

export interface Host extends HostFace {
  runner: Runner
  view(): StackView
  /** Reads the stack's files anew. */
  reload(): Promise<void>
  /** Cancels what runs, and ends. The warehouse and the collector are not its own, and go on. */
  close(): Promise<void>
}

/** Runs side by side; each may hold several connections to the warehouse. */
const runLimit = 4
/** Milliseconds without a change before the stack is read anew. */
const quiet = 200

/** The host of one stack: runs its jobs, remembers them, answers the contract. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { log, redactor } = options
  const folder = options.stackFolder
  const paths = hostPaths(folder)
  const files = createFolderFiles(folder)
  const read = () => viewStack({ files, environment: options.environment, secret: options.secret })
  let view = await read()

  const runs = openDatabase(paths.database, { durable: false })
  const cursors = openDatabase(paths.database, { durable: true })
  const state = createStateStore(cursors)
  const ended = new AbortController()
  const events = createHostEvents((thrown) => log('error', 'A listener failed.', { error: toMillraceError(thrown).message }))
  const warehouse = createClickHouse(options.warehouse)
  const store = createRunStore(runs)
  const base = { fetch: globalThis.fetch, clock: systemClock, random: Math.random }
  const tables = createTables(warehouse, (changes) => {
    for (const change of changes) log('info', `Warehouse: ${change.description}`)
  })

  const noted = new Set<Promise<void>>()
  const runner = createRunner({
    store,
    events,
    redactor,
    clock: systemClock,
    runtime: base,
    limit: runLimit,
    keys: (job) => jobKeys(job, view.stack),
    execute: createExecute({ view: () => view, files, folder, warehouse, state, vaults: options.vaults, tables }),
    onEnd(run) {
      const note = writeRun(warehouse, run)
        .catch((thrown: unknown) => log('warn', `Run ${run.id} is not in millrace.runs.`, { error: toMillraceError(thrown).message }))
        .finally(() => noted.delete(note))
      noted.add(note)
    },
  })

  const reload = async () => {
    view = await read()
    events.emit('stack.changed', { problems: view.problems.length })
  }
  const report = (what: string) => (thrown: unknown) => {
    if (!ended.signal.aborted) log('error', what, { error: toMillraceError(thrown).message })
  }
  const watch = options.live
    ? await watchStack(
        folder,
        quiet,
        () => void reload().catch(report('The stack cannot be read.')),
        report('The stack cannot be watched.'),
      )
    : undefined
  if (options.live) {
    const scheduler = createScheduler({
      database: runs,
      clock: systemClock,
      log,
      stack: () => view.stack,
      isActive: (job) => runner.isActive(job),
      start(job, trigger) {
        checkJob(job, view.stack)
        runner.start(job, trigger)
      },
    })
    void scheduler.follow(ended.signal)
    // A warehouse that is away now is brought up by the first that needs it.
    tables().catch(report('The tables of the platform cannot be made yet.'))
  }

  const context: HostContext = {
    ...base,
    folder,
    files,
    view: () => view,
    vaults: options.vaults,
    warehouse,
    warehouseUrl: options.warehouse.url,
    edge: options.edge,
    tails: createTails({ events, ...base, signal: ended.signal }),
    tables,
    runner,
    store,
    state,
    simulated: new Set(options.simulated),
    log,
    signal: ended.signal,
  }
  return {
    handlers: createHandlers(context, redactor),
    listen: (event, callback) => events.listen(event, callback),
    runner,
    view: () => view,
    reload,
    async close() {
      watch?.close()
      await runner.close()
      await Promise.allSettled(noted)
      ended.abort(new MillraceError({ code: 'host-closed', fault: 'transient', message: 'The host has ended.' }))
      await warehouse.close()
      runs.close()
      cursors.close()
    },
  }
}
