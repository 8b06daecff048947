import { significant, type Token, tokenize, unquote } from '../warehouse/token.ts'

/** `ref('orders')` or `source('crm', 'leads')` in SQL, bare or in `{{ … }}`. */
export type Reference = {
  /** Offsets of the whole of it in the SQL. */
  start: number
  end: number
} & ({ kind: 'model'; name: string } | { kind: 'source'; source: string; table: string })

/**
 * The references of a piece of SQL, in order. Only calls count: what stands in a string, a comment
 * or a quoted identifier is no reference, nor is `x.ref(…)`. A name may be quoted or a bare word.
 */
export function findReferences(sql: string): Reference[] {
  const tokens = significant(tokenize(sql))
  const found: Reference[] = []
  for (let index = 0; index < tokens.length; index++) {
    const call = parseCall(tokens, index)
    if (call === undefined) continue
    const before = tokens[index - 1]
    const after = tokens[call.next]
    const template = before?.text === '{{' && after?.text === '}}'
    const start = template ? before.start : tokens[index]!.start
    const last = template ? after : tokens[call.next - 1]!
    found.push({ ...call.target, start, end: last.start + last.text.length })
    index = template ? call.next : call.next - 1
  }
  return found
}

type Target = { kind: 'model'; name: string } | { kind: 'source'; source: string; table: string }

function parseCall(tokens: readonly Token[], index: number): { target: Target; next: number } | undefined {
  const token = tokens[index]!
  if (token.kind !== 'word' || (token.text !== 'ref' && token.text !== 'source')) return undefined
  if (tokens[index - 1]?.text === '.' || tokens[index + 1]?.text !== '(') return undefined
  const names: string[] = []
  let at = index + 2
  for (;;) {
    const name = tokens[at]
    if (name === undefined || !['word', 'string', 'quoted'].includes(name.kind)) return undefined
    names.push(name.kind === 'word' ? name.text : unquote(name))
    const separator = tokens[at + 1]?.text
    at += 2
    if (separator === ')') break
    if (separator !== ',') return undefined
  }
  if (token.text === 'ref' && names.length === 1) return { target: { kind: 'model', name: names[0]! }, next: at }
  if (token.text === 'source' && names.length === 2) return { target: { kind: 'source', source: names[0]!, table: names[1]! }, next: at }
  return undefined
}

/** The SQL with each reference replaced; lines stay where they are. */
export function replaceReferences(sql: string, replacement: (reference: Reference) => string): string {
  let result = ''
  let position = 0
  for (const reference of findReferences(sql)) {
    const breaks = sql.slice(reference.start, reference.end).replaceAll(/[^\n]/g, '')
    result += sql.slice(position, reference.start) + replacement(reference) + breaks
    position = reference.end
  }
  return result + sql.slice(position)
}

/** Whether a `from` is a query of its own rather than the name of a table. */
export function isQuery(from: string): boolean {
  const first = significant(tokenize(from)).find(({ text }) => text !== '(')
  return first?.kind === 'word' && /^(select|with)$/i.test(first.text)
}

/** Line and column (from 1) of an offset. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
