import { MillraceError, type Place } from '../lib/error.ts'
import { compileFrom, compileSql, sqlError } from '../model/compile.ts'
import type { SyncFile } from '../stack/schema.ts'
import type { Definition, Stack } from '../stack/stack.ts'
import { describeQuery, jsonExpression } from '../warehouse/json.ts'
import type { Warehouse } from '../warehouse/port.ts'
import { identifier, literal } from '../warehouse/sql.ts'

/**
 * A sync's source mapped to the tool's fields, as SQL: columns `key` (String; empty for NULL) and
 * `fields` (a JSON object, its names sorted, so that the order of lines in the file is no change).
 * To be run with `jsonSettings`. Throws `unknown-ref` and `invalid-sql`, at the field to blame.
 */
export async function mappedSql(warehouse: Warehouse, stack: Stack, sync: Definition<SyncFile>, signal: AbortSignal): Promise<string> {
  const { content } = sync
  const from = compileFrom(stack, content.from, placeOf(sync, 'from'))
  const names = Object.keys(content.fields).toSorted()
  if (names.length === 0) {
    throw new MillraceError({ code: 'invalid-setting', fault: 'config', message: 'The sync sends no fields.', at: placeOf(sync, 'fields') })
  }
  const key = expression(content.key)
  const fields = names.map((name) => `(${compileSql(stack, content.fields[name]!, () => placeOf(sync, `fields.${name}`))}\n)`)
  const where = content.where === undefined ? '' : ` WHERE (${compileSql(stack, content.where, () => placeOf(sync, 'where'))}\n)`
  // Names of our own, so that no field of the tool shadows a column of the source.
  const columns = [`toString(${key}) AS __key`, ...fields.map((field, index) => `${field} AS __field_${index}`)]
  const rows = `SELECT ${columns.join(', ')} FROM ${from}${where}`
  const types = await describeQuery(warehouse, rows, { signal }).catch(async (thrown: unknown) => {
    throw await blame(warehouse, sync, { from, key, fields, names, where }, thrown, signal)
  })
  const json = names.map((name, index) => {
    const column = `__field_${index}`
    const separator = index === 0 ? '{' : ','
    return `${literal(`${separator}${JSON.stringify(name)}:`)}, ${jsonExpression(column, types[index + 1]!.type)}`
  })
  return `SELECT ifNull(__key, '') AS key, concat(${json.join(', ')}, '}') AS fields FROM (${rows})`
}

/** The fields of a deletion: the tool's name of the key and its value, and nothing else. */
export function deletionFields(sync: SyncFile, key: string): { [name: string]: string } {
  const name = Object.keys(sync.fields).find((field) => sync.fields[field]!.trim() === sync.key) ?? sync.key
  return { [name]: key }
}

interface Parts {
  from: string
  key: string
  fields: readonly string[]
  names: readonly string[]
  where: string
}

/** Asks for each part alone, to tell which line of the file the engine's complaint is about. */
async function blame(
  warehouse: Warehouse,
  sync: Definition<SyncFile>,
  parts: Parts,
  thrown: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(thrown instanceof MillraceError) || thrown.code !== 'warehouse-error') return thrown
  const { from, key, fields, names, where } = parts
  const candidates: [field: string, sql: string][] = [
    ['from', `SELECT * FROM ${from}`],
    ['key', `SELECT toString(${key}) FROM ${from}`],
    ['where', `SELECT 1 FROM ${from}${where}`],
    ...names.map((name, index): [string, string] => [`fields.${name}`, `SELECT ${fields[index]} FROM ${from}`]),
  ]
  for (const [field, sql] of candidates) {
    try {
      await describeQuery(warehouse, sql, { signal })
    } catch (own) {
      return sqlError(own, placeOf(sync, field))
    }
  }
  return sqlError(thrown, { file: sync.path })
}

function placeOf(sync: Definition<SyncFile>, field: string): Place {
  return { file: sync.path, ...sync.places[field], field }
}

/** A column's name, quoted, or an expression as it stands. */
function expression(text: string): string {
  return /^\w+$/.test(text) ? identifier(text) : `(${text})`
}
