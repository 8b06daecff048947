import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { defineSource, type Source, type SourceMessage, type Stream, type StreamRequest } from '#core/connector/source.ts'
import { MillraceError } from '#core/lib/error.ts'
import { ok } from '#core/lib/result.ts'
import { systemClock } from '#core/lib/runtime.ts'
import type { RunResult } from '#core/pipeline/result.ts'
import { runSource, type SourceRun } from '#core/pipeline/run.ts'
import { type ClickHouseAddress, createClickHouse } from '#desktop/host/clickhouse.ts'
import { openDatabase } from '#desktop/host/database.ts'
import { createStateStore } from '#desktop/host/state-store.ts'
import type { Change } from './etl-tool.ts'

// One run of the pipeline in a process of its own, so that it can be killed: its source is the tool, its states are
// in SQLite.

export interface RunnerTask {
  tool: string
  warehouse: ClickHouseAddress
  states: string
  runId: string
  /** Streams to read from their beginning. */
  refresh: string[] | undefined
}

export const database = 'chaos'
const pageSize = 50

/** A stream a mode. */
export const streams: NonNullable<SourceRun['streams']> = {
  log: { mode: 'incremental_append' },
  newest: { mode: 'incremental_deduped' },
  mirror: { mode: 'incremental_deduped', deletes: 'hard' },
  marked: { mode: 'incremental_deduped', deletes: 'soft' },
  snapshot: { mode: 'full_refresh_overwrite' },
  copies: { mode: 'full_refresh_append' },
}

const schema = { type: 'object' }
const ofChanges = { schema, cursorField: ['seq'], modes: ['full-refresh', 'incremental'] } satisfies Partial<Stream>
const catalog: Stream[] = [
  { name: 'log', primaryKey: [['seq']], ...ofChanges },
  { name: 'newest', primaryKey: [['id']], ...ofChanges },
  { name: 'mirror', primaryKey: [['id']], tellsDeletes: true, ...ofChanges },
  { name: 'marked', primaryKey: [['id']], tellsDeletes: true, ...ofChanges },
  { name: 'snapshot', schema, primaryKey: [['id']], modes: ['full-refresh'], resumable: true },
  { name: 'copies', schema, primaryKey: [['id']], modes: ['full-refresh'] },
]

async function* readStream(tool: string, { name, state }: StreamRequest): AsyncGenerator<SourceMessage> {
  const stream = catalog.find((candidate) => candidate.name === name)!
  const path = stream.cursorField === undefined ? 'rows' : 'changes'
  let after = (state as { after: number } | undefined)?.after ?? 0
  for (;;) {
    const response = await fetch(`${tool}/${path}?after=${after}&limit=${pageSize}`)
    if (!response.ok) throw new MillraceError({ code: 'tool-failed', fault: 'transient', message: `The tool answered ${response.status}.` })
    const page = (await response.json()) as Change[]
    for (const item of page) yield messageOf(stream, item)
    if (page.length > 0) {
      after = path === 'rows' ? page.at(-1)!.id : page.at(-1)!.seq
      if (name !== 'copies') yield { type: 'state', stream: name, state: { after } }
    }
    if (page.length < pageSize) return yield { type: 'done', stream: name, result: ok(undefined) }
  }
}

function messageOf({ name: stream, tellsDeletes }: Stream, change: Change): SourceMessage {
  if (tellsDeletes === true && change.gone) return { type: 'deletes', stream, keys: [{ id: change.id }] }
  return { type: 'records', stream, records: [{ ...change }] }
}

function toolSource(tool: string): Source {
  return defineSource<unknown>({
    name: 'chaos',
    title: 'Chaos',
    description: 'The tool of the chaos test.',
    config: z.unknown(),
    check: async () => ok(undefined),
    discover: async () => ok({ streams: catalog }),
    async *read(_config, request) {
      for (const stream of request.streams) {
        try {
          yield* readStream(tool, stream)
        } catch (thrown) {
          const message = thrown instanceof Error ? thrown.message : String(thrown)
          const error = new MillraceError({ code: 'tool-failed', fault: 'transient', message, cause: thrown })
          yield { type: 'done', stream: stream.name, result: { ok: false, error } }
        }
      }
    },
  })
}

export interface Runner {
  process: ChildProcess
  /** Resolves once the run begins. */
  begun: Promise<void>
  /** The result; undefined when it was killed. */
  ended: Promise<RunResult | undefined>
}

export function startRunner(task: RunnerTask): Runner {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(task)])
  let result: RunResult | undefined
  const ended = new Promise<RunResult | undefined>((resolve) => child.once('exit', () => resolve(result)))
  const begun = new Promise<void>((resolve) => {
    child.on('message', (message: 'begun' | RunResult) => {
      if (message === 'begun') resolve()
      else result = message
    })
  })
  return { process: child, begun: Promise.race([begun, ended.then(() => undefined)]), ended }
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const task = JSON.parse(process.argv[2]!) as RunnerTask
  const states = openDatabase(task.states, { durable: true })
  const warehouse = createClickHouse(task.warehouse)
  process.send('begun')
  const result = await runSource({
    source: toolSource(task.tool),
    config: {},
    sourceName: database,
    database,
    streams,
    ...(task.refresh === undefined ? {} : { order: { streams: task.refresh, refresh: true } }),
    state: createStateStore(states),
    warehouse,
    runtime: { fetch, clock: systemClock, random: Math.random, log: () => undefined, signal: new AbortController().signal },
    runId: task.runId,
    batch: { records: 120, bytes: 1e6 },
  })
  await warehouse.close()
  process.send(result, () => process.disconnect())
}
