import { z } from 'zod'
import type { CursorRange, SourceMessage, StreamRequest } from '#core/connector/source.ts'
import type { Json } from '#core/lib/json.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { BadLines } from './bad-lines.ts'
import type { ColumnType, Config, StreamConfig } from './config.ts'
import { withFileFields } from './file-fields.ts'
import { rowReaders } from './formats.ts'
import { byName, FileHistory, invalidState } from './history.ts'
import { inferTypes, sampleRecords } from './sample.ts'
import type { FileStore, StoredFile } from './stored-file.ts'

/** A state is told after so many rows or files, whichever comes first: each is written to the warehouse's load log. */
const rowsOfState = 10_000
const filesOfState = 200

/** Files to read, in their order, and the state once those up to one are read. */
interface Plan {
  files: StoredFile[]
  add(file: StoredFile): void
  state(): Json
}

/** Reads a stream's files, each whole before the state that covers it. */
export async function* readStream(
  config: Config,
  stream: StreamConfig,
  store: FileStore,
  request: StreamRequest,
  runtime: Runtime,
): AsyncGenerator<SourceMessage> {
  const { name } = request
  const listed = await store.list([stream.files].flat(), runtime.signal)
  if (listed.length === 0) runtime.log('warn', `No file matches those of the stream ${name}`, { files: stream.files })
  const plan = request.mode === 'incremental' ? incremental(listed, request, runtime) : fullRefresh(listed, request.state)
  const types = plan.files.length > 0 ? await typesOf(stream, store, listed, runtime) : new Map<string, ColumnType>()
  let rowsSince = 0
  let filesSince = 0
  for (const file of plan.files) {
    const bad = new BadLines(file.name, stream.on_bad_line, runtime.log)
    for await (const rows of rowReaders[stream.format]({ file, store, stream, types, bad, runtime })) {
      runtime.signal.throwIfAborted()
      if (rows.length === 0) continue
      rowsSince += rows.length
      yield { type: 'records', stream: name, records: config.file_fields ? withFileFields(rows, file) : rows.map(({ record }) => record) }
    }
    plan.add(file)
    filesSince++
    if (rowsSince < rowsOfState && filesSince < filesOfState) continue
    rowsSince = filesSince = 0
    yield { type: 'state', stream: name, state: plan.state() }
  }
  yield { type: 'state', stream: name, state: plan.state() }
}

/** Types are inferred over all files there are, not just the new ones, so that they change as little as they can. */
async function typesOf(stream: StreamConfig, store: FileStore, files: readonly StoredFile[], runtime: Runtime) {
  return stream.format === 'csv' ? inferTypes(await sampleRecords(stream, store, files, runtime)) : new Map<string, ColumnType>()
}

function incremental(listed: readonly StoredFile[], { state, range }: StreamRequest, runtime: Runtime): Plan {
  const history = new FileHistory(state)
  return {
    files: history.due(listed).filter(({ modifiedAt }) => range === undefined || isWithin(modifiedAt, range)),
    add: (file) => history.add(file),
    state: () => {
      history.trim(listed, runtime.log)
      return history.toState()
    },
  }
}

const positionSchema = z.strictObject({ after: z.string().optional() })

/** In the order of names, so that the last one read says where to go on: a file that is changed meanwhile is not read twice. */
function fullRefresh(listed: readonly StoredFile[], state: Json | undefined): Plan {
  const parsed = positionSchema.safeParse(state ?? {})
  if (!parsed.success) throw invalidState()
  let { after } = parsed.data
  const from = after
  return {
    files: listed.filter(({ name }) => from === undefined || name > from).toSorted(byName),
    add: ({ name }) => {
      after = name
    },
    state: (): Json => (after === undefined ? {} : { after }),
  }
}

function isWithin(modifiedAt: number | undefined, { from, to }: CursorRange): boolean {
  if (modifiedAt === undefined) return false
  return (from === undefined || modifiedAt >= Date.parse(from)) && (to === undefined || modifiedAt < Date.parse(to))
}
