import { type Budget, boundedDepth, joinBounded } from '../budget.ts'
import { ExpressionError } from '../problem.ts'
import { floatText } from '../text.ts'
import { Dict, List, typeName, type Value } from '../value.ts'

interface JsonForm {
  /** Keys in order. */
  sorted?: boolean
  /** Lines, indented by so many spaces. */
  indent?: number
}

/** json.dumps(): ASCII only; a space after `:` and `,`. */
export function pythonJson(value: Value, form: JsonForm, budget: Budget, depth = 0): string {
  boundedDepth(depth)
  budget.spend()
  if (value === null) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number')
    return Number.isFinite(value) ? floatText(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  if (typeof value === 'string') return quoted(value, budget)
  if (value instanceof List) {
    return enclose(
      '[',
      value.items.map((item) => pythonJson(item, form, budget, depth + 1)),
      ']',
      form,
      depth,
    )
  }
  if (value instanceof Dict) {
    const entries = value.entries().map(([key, item]): [string, Value] => [keyText(key, budget), item])
    if (form.sorted === true) entries.sort(([a], [b]) => (a < b ? -1 : 1))
    const members = entries.map(([key, item]) => `${quoted(key, budget)}: ${pythonJson(item, form, budget, depth + 1)}`)
    return enclose('{', members, '}', form, depth)
  }
  throw new ExpressionError('type', `a ${typeName(value)} cannot be carried as JSON`)
}

function enclose(open: string, items: readonly string[], close: string, { indent }: JsonForm, depth: number): string {
  if (indent === undefined || items.length === 0) return open + joinBounded(items, ', ') + close
  const line = (level: number) => `\n${' '.repeat(indent * level)}`
  return joinBounded([open, line(depth + 1), joinBounded(items, `,${line(depth + 1)}`), line(depth), close])
}

/** Keys are texts; of numbers, booleans and None, as JSON writes them. */
function keyText(key: Value, budget: Budget): string {
  if (typeof key === 'string') return key
  if (key === null || typeof key === 'boolean' || typeof key === 'bigint' || typeof key === 'number') return pythonJson(key, {}, budget)
  throw new ExpressionError('type', `a ${typeName(key)} cannot be a key of JSON`)
}

function quoted(text: string, budget: Budget): string {
  budget.spendText(text)
  return JSON.stringify(text).replaceAll(/[\u007f-\uffff]/g, (unit) =>
    unit === '\u007f' ? unit : String.raw`\u` + unit.codePointAt(0)!.toString(16).padStart(4, '0'),
  )
}
