import { type ErrorData, toMillraceError } from '../lib/error.ts'
import type { ModelConfig } from '../stack/schema.ts'
import type { Definition, SqlText, Stack } from '../stack/stack.ts'
import { queryRows, type Warehouse } from '../warehouse/port.ts'
import { identifier, literal, tableIdentifier } from '../warehouse/sql.ts'
import { compileSql, modelTable, sqlError } from './compile.ts'

/** One test of one model. */
export interface TestOutcome {
  /** `unique(id)`, `not_null(email)`, … */
  test: string
  /** `error`: it could not be asked. */
  status: 'passed' | 'failed' | 'error'
  /** Values or rows that break it. */
  failures: number
  /** Some of them. */
  sample: Record<string, unknown>[]
  error?: ErrorData
}

type Test = ModelConfig['tests'][number]

const sampleSize = 5

/** Runs the tests of a model as it stands in the warehouse. Throws only `cancelled`. */
export async function testModel(
  warehouse: Warehouse,
  stack: Stack,
  model: Definition<ModelConfig & SqlText>,
  signal: AbortSignal,
): Promise<TestOutcome[]> {
  const outcomes: TestOutcome[] = []
  for (const [index, test] of model.content.tests.entries()) {
    const field = `tests.${index}`
    const place = { file: model.path, ...model.places[field], field }
    const name = testName(test)
    try {
      const failing =
        'no_rows' in test ? compileSql(stack, test.no_rows, () => place) : failingRows(test, tableIdentifier(modelTable(model.name)))
      const [counted] = await queryRows<{ failures: string }>(warehouse, `SELECT count() AS failures FROM (\n${failing}\n)`, { signal })
      const failures = Number(counted!.failures)
      const sample = failures === 0 ? [] : await queryRows(warehouse, `SELECT * FROM (\n${failing}\n) LIMIT ${sampleSize}`, { signal })
      outcomes.push({ test: name, status: failures === 0 ? 'passed' : 'failed', failures, sample })
    } catch (thrown) {
      signal.throwIfAborted()
      const error = toMillraceError(sqlError(thrown, place)).toJSON()
      outcomes.push({ test: name, status: 'error', failures: 0, sample: [], error })
    }
  }
  return outcomes
}

/** A SELECT of what breaks the test; NULL breaks `not_null` alone, as in SQL's own constraints. */
function failingRows(test: Exclude<Test, { no_rows: string }>, table: string): string {
  if ('unique' in test) {
    const column = expression(test.unique)
    return `SELECT ${column} AS value, count() AS copies FROM ${table} WHERE ${column} IS NOT NULL GROUP BY value HAVING copies > 1 ORDER BY copies DESC`
  }
  if ('not_null' in test) return `SELECT * FROM ${table} WHERE ${expression(test.not_null)} IS NULL`
  const column = expression(test.accepted_values.column)
  const values = test.accepted_values.values.map((value) => literal(String(value)))
  const refused = values.length === 0 ? '' : `AND toString(${column}) NOT IN (${values.join(', ')})`
  return `SELECT ${column} AS value, count() AS rows FROM ${table} WHERE ${column} IS NOT NULL ${refused} GROUP BY value ORDER BY rows DESC`
}

function testName(test: Test): string {
  if ('unique' in test) return `unique(${test.unique})`
  if ('not_null' in test) return `not_null(${test.not_null})`
  if ('accepted_values' in test) return `accepted_values(${test.accepted_values.column})`
  return 'no_rows'
}

/** A column's name, quoted, or an expression as it stands. */
function expression(text: string): string {
  return /^\w+$/.test(text) ? identifier(text) : `(${text})`
}
