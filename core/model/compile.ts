import { MillraceError, type Place } from '../lib/error.ts'
import { isQuery, positionAt, replaceReferences } from '../stack/reference.ts'
import type { SqlText, Stack } from '../stack/stack.ts'
import { referenceProblems } from '../stack/validate.ts'
import type { TableName } from '../warehouse/port.ts'
import { tableIdentifier } from '../warehouse/sql.ts'

/** The table or view that a model becomes. */
export function modelTable(name: string): TableName {
  return { database: 'models', table: name }
}

/**
 * SQL of the stack as ClickHouse takes it: `ref('x')` is `models`.`x`, `source('crm', 'leads')` the
 * table in the source's database. Line breaks stay where they are. Throws `unknown-ref` at its place.
 */
export function compileSql(stack: Stack, sql: string, place: (offset: number) => Place): string {
  const problem = referenceProblems(stack, sql, place)[0]
  if (problem !== undefined) throw new MillraceError(problem)
  return replaceReferences(sql, (reference) => {
    if (reference.kind === 'model') return tableIdentifier(modelTable(reference.name))
    const source = stack.sources.find(({ name }) => name === reference.source)
    const database = (source?.content.kind === 'etl' ? source.content.database : undefined) ?? reference.source
    return tableIdentifier({ database, table: reference.table })
  })
}

/** A `from` of a trait or sync, as what may stand after FROM: a table, a model, or a query in brackets. */
export function compileFrom(stack: Stack, from: string, place: Place): string {
  const sql = compileSql(stack, from, () => place)
  return isQuery(from) ? `(\n${sql}\n)` : sql
}

/** The place of an offset in the SELECT of a .sql file. */
export function placeInFile(path: string, text: SqlText): (offset: number) => Place {
  return (offset) => {
    const { line, column } = positionAt(text.sql, offset)
    return { file: path, line: text.line + line - 1, column }
  }
}

/**
 * What ClickHouse said about SQL of the stack, as an error at its place, in ClickHouse's own words.
 * `text` is the SELECT when it came from a .sql file; it began on line 2 of the statement.
 */
export function sqlError(thrown: unknown, place: Place, text?: SqlText): unknown {
  if (!(thrown instanceof MillraceError) || thrown.code !== 'warehouse-error' || thrown.fault !== 'config') return thrown
  const position = /\(line (\d+), col (\d+)\)/.exec(thrown.message)
  const line = position === null || text === undefined ? undefined : Number(position[1]) - 2
  const lines = text?.sql.split('\n').length ?? 0
  const inText = line !== undefined && line >= 0 && line < lines && text !== undefined
  return new MillraceError({
    code: 'invalid-sql',
    fault: 'config',
    message: thrown.message,
    at: inText ? { ...place, line: text.line + line, column: Number(position![2]) } : place,
    mend: 'Try the query in the SQL screen, or with millrace query.',
    cause: thrown,
  })
}
