import type { Answer } from './use-queries.ts'

export type ExportFormat = 'csv' | 'tsv' | 'json'

/**
 * The rows as a text to paste: CSV by RFC 4180, TSV with ClickHouse's escapes (docs: TabSeparated; NULL is \N), JSON
 * as a list of objects. CSV writes NULL as an empty field.
 */
export function exportRows({ columns, rows }: Pick<Answer, 'columns' | 'rows'>, format: ExportFormat): string {
  const names = columns.map((column) => column.name)
  switch (format) {
    case 'json':
      return JSON.stringify(
        rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]))),
        null,
        2,
      )
    case 'csv':
      return [names, ...rows].map((row) => row.map(csvField).join(',')).join('\r\n')
    case 'tsv':
      return [names, ...rows].map((row) => row.map(tsvField).join('\t')).join('\n')
  }
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = plain(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function tsvField(value: unknown): string {
  if (value === null || value === undefined) return String.raw`\N`
  return plain(value)
    .replaceAll('\\', '\\\\')
    .replaceAll('\t', String.raw`\t`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
}

/** A value as text; objects and lists as JSON. */
export function plain(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
