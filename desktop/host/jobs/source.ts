import { resolve } from 'node:path'
import { inlineFiles } from '#core/connector/inline.ts'
import type { Source } from '#core/connector/source.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { RunOrder } from '#core/pipeline/order.ts'
import { runSource } from '#core/pipeline/run.ts'
import { resolveConfig } from '#core/stack/resolve.ts'
import type { Stack, StackFiles } from '#core/stack/stack.ts'
import type { StackView } from '../stack-view.ts'
import { connectors, type JobScope } from './scope.ts'

/** The stack that a source is of, as it is now. */
interface SourcePlace {
  view: StackView
  files: StackFiles
  folder: string
}

/**
 * An ETL source of the stack with its connector, its settings' secrets and files filled in. Throws
 * `unknown-source`, `unknown-connector`, `unknown-secret`, `unknown-file`.
 */
export async function findSource({ view, files, folder }: SourcePlace, name: string) {
  const definition = view.stack.sources.find((source) => source.name === name)
  if (definition?.content.kind !== 'etl') {
    throw new MillraceError({
      code: 'unknown-source',
      fault: 'config',
      message:
        definition === undefined
          ? `The stack has no source "${name}".`
          : `Source "${name}" is of kind ${definition.content.kind}: data comes to it by itself.`,
      at: definition && { file: definition.path },
    })
  }
  const { content, path } = definition
  const source: Source<any> | undefined = connectors.sources.find((candidate) => candidate.name === content.connector)
  if (source === undefined) {
    throw new MillraceError({
      code: 'unknown-connector',
      fault: 'config',
      message: `There is no source connector "${content.connector}".`,
      at: { file: path, field: 'connector' },
      mend: `Known: ${connectors.sources.map((candidate) => candidate.name).join(', ')}.`,
    })
  }
  const settings = resolveConfig(content.config, view.resolver, { file: path, field: 'config' })
  const disk = { readFile: (path: string) => files.read(path), resolvePath: (path: string) => resolve(folder, path) }
  return { content, source, config: await inlineFiles(source, settings, disk) }
}

/** ETL sources by the database their tables go to. */
export function sourcesByDatabase({ sources }: Stack): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const { name, content } of sources) {
    if (content.kind !== 'etl') continue
    const database = content.database ?? name
    found.set(database, [...(found.get(database) ?? []), name])
  }
  return found
}

/** One step a stream. */
export async function executeSource({ name, ...order }: { name: string } & RunOrder, scope: JobScope): Promise<void> {
  const { content, source, config } = await findSource(scope, name)
  const { recorder } = scope
  const database = content.database ?? name
  const result = await runSource({
    source,
    config,
    sourceName: name,
    database,
    neighbours: sourcesByDatabase(scope.view.stack)
      .get(database)!
      .filter((other) => other !== name),
    streams: content.streams,
    defaults: { schema: content.schema, nested: content.nested },
    order: { streams: order.streams, refresh: order.refresh, range: order.range },
    state: scope.state,
    warehouse: scope.warehouse,
    runtime: { ...scope.runtime, vault: scope.vaults(name) },
    runId: recorder.run.id,
    progress({ counts, streams }) {
      recorder.count(`source ${name}`, counts)
      for (const stream of streams) noteStream(stream)
    },
  })
  recorder.count(`source ${name}`, result.counts)
  for (const stream of result.streams) noteStream(stream)
  if (result.error !== undefined && !result.streams.some((stream) => stream.status === 'failed')) throw new MillraceError(result.error)

  function noteStream(stream: (typeof result.streams)[number]): void {
    const { rows_read, rows_written, row_errors, rows_deleted, rows_discarded, values_discarded } = stream
    recorder.note(`${name}.${stream.stream}`, {
      status: stream.status,
      counts: { rows_read, rows_written, row_errors, rows_deleted, rows_discarded, values_discarded },
      error: stream.error,
      startedAt: stream.startedAt,
      endedAt: stream.endedAt,
    })
  }
}
