import type { Source, Stream } from '#core/connector/source.ts'
import type { JsonObject } from '#core/lib/json.ts'

/** The page of all sources: their settings are drawn as a form, so this tells their streams, as people will look them up. */
export function catalogDocument(sources: readonly { source: Source<any>; streams: readonly Stream[] }[]): string {
  const parts = sources.map(({ source, streams }) =>
    [`## ${source.title}`, `\`connector: ${source.name}\`: ${source.description}`, ...streams.map(describeStream)].join('\n\n'),
  )
  return [introduction, ...parts, ''].join('\n\n').replace(/\n+$/, '\n')
}

const introduction = `# Streams of the sources

Made by \`npx vitest run test/core/connector/catalog.test.ts -u\` from what each source's \`discover\` says; the test holds this page
against it. A source may have columns beside those told here: what an API adds, and properties or fields of your own.`

function describeStream(stream: Stream): string {
  const facts = [
    `key ${stream.primaryKey.map((path) => path.join('.')).join(', ') || 'none'}`,
    `cursor ${stream.cursorField?.join('.') ?? 'none'}`,
    stream.modes.join(' or '),
    ...(stream.tellsDeletes === true ? ['tells deletes'] : []),
    ...(stream.resumable === true ? ['resumable'] : []),
  ]
  return [`### ${stream.name}`, `${facts.join('; ')}.`, columnsOf(stream)].join('\n\n')
}

function columnsOf({ schema }: Stream): string {
  const columns = Object.entries((schema.properties ?? {}) as Record<string, JsonObject>)
  return columns.map(([name, column]) => `- \`${name}\` (${typeOf(column)}): ${String(column.description)}`).join('\n')
}

function typeOf({ type, format, items }: JsonObject): string {
  const name = [type ?? 'any'].flat().find((each) => each !== 'null')
  if (name === 'array') return `array of ${typeOf(items as JsonObject)}`
  return typeof format === 'string' ? format : String(name)
}
