import { z } from 'zod'
import { MillraceError } from '#core/lib/error.ts'
import { didYouMean } from '#core/lib/suggest.ts'

export const cursorsField = z
  .record(z.string(), z.string().min(1))
  .default({})
  .describe(
    'Which column tells that a row is new or changed, table → column: { orders: updated_at }. Without it, a column named like updated_at is taken.',
  )

/** Names of columns that are set at every change of a row, by convention of the common frameworks; the best first. */
const usualNames = [
  'updatedat',
  'modifiedat',
  'lastmodifiedat',
  'updatedon',
  'modifiedon',
  'lastupdated',
  'lastmodified',
  'updated',
  'modified',
]

/**
 * The cursor column of a table: the one that the settings name, or one with a usual name among `eligible`.
 * A growing key is no cursor by itself, since it does not tell of changes.
 */
export function cursorColumn(
  table: string,
  columns: readonly string[],
  eligible: readonly string[],
  cursors: Readonly<Record<string, string>>,
): string | undefined {
  const named = Object.hasOwn(cursors, table) ? cursors[table] : undefined
  if (named === undefined) return usualNames.flatMap((name) => eligible.find((column) => plainName(column) === name) ?? [])[0]
  if (!columns.includes(named)) {
    throw wrongCursor(`cursors names the column ${named} of ${table}, which it does not have.`, didYouMean(named, columns, 'columns'))
  }
  if (!eligible.includes(named)) {
    throw wrongCursor(
      `The column ${named} of ${table} cannot be a cursor: its values have no lasting order.`,
      'Name a column of numbers, dates or times under cursors.',
    )
  }
  return named
}

/** Refuses a setting for a table that is not there. */
export function checkTables(cursors: Readonly<Record<string, string>>, tables: readonly string[]): void {
  for (const table of Object.keys(cursors)) {
    if (!tables.includes(table))
      throw wrongCursor(`cursors names the table ${table}, which is not there.`, didYouMean(table, tables, 'tables'))
  }
}

function plainName(column: string): string {
  return column.toLowerCase().replaceAll(/[^a-z]/g, '')
}

function wrongCursor(message: string, mend: string): MillraceError {
  return new MillraceError({ code: 'invalid-cursor', fault: 'config', message, mend, at: { field: 'cursors' } })
}
