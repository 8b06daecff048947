import { ExpressionError } from './problem.ts'

export type Token =
  | { kind: 'text'; text: string }
  | { kind: 'open' | 'close'; text: '{{' | '}}' | '{%' | '%}' }
  | { kind: 'name' | 'string' | 'operator'; text: string }
  | { kind: 'integer'; value: bigint }
  | { kind: 'float'; value: number }

const operators = [
  '**',
  '//',
  '==',
  '!=',
  '<=',
  '>=',
  '+',
  '-',
  '*',
  '/',
  '%',
  '~',
  '<',
  '>',
  '=',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '.',
  '|',
  ';',
]
const numberPattern = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?\d+|\.(?:\d+_)*\d+)|0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*/y
const namePattern = /[\p{L}_][\p{L}\p{N}_]*/uy
const stringPattern = /'([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)"/sy

/**
 * Tokens of a template, by the rules of Jinja's default environment (Jinja documentation, "Template
 * Designer Documentation": delimiters, whitespace control, raw blocks; one trailing newline is dropped).
 */
export function lex(source: string): Token[] {
  const text = source.replaceAll(/\r\n|\r/g, '\n').replace(/\n$/, '')
  const tokens: Token[] = []
  let position = 0
  let trim = false
  while (position < text.length) {
    const start = nextDelimiter(text, position)
    const end = start === -1 ? text.length : start
    const leadingTrim = start !== -1 && text[start + 2] === '-'
    let chunk = text.slice(position, end)
    if (trim) chunk = chunk.trimStart()
    if (leadingTrim) chunk = chunk.trimEnd()
    if (chunk !== '') tokens.push({ kind: 'text', text: chunk })
    trim = false
    if (start === -1) break
    const delimiter = text.slice(start, start + 2)
    const inside = start + 2 + (text[start + 2] === '-' || text[start + 2] === '+' ? 1 : 0)
    if (delimiter === '{#') {
      const close = text.indexOf('#}', inside)
      if (close === -1) throw new ExpressionError('syntax', 'a comment {# is not closed')
      trim = text[close - 1] === '-'
      position = close + 2
    } else if (delimiter === '{%' && /^\s*raw\s*[-+]?%\}/.test(text.slice(inside, inside + 40))) {
      const open = text.indexOf('%}', inside)
      const close = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/.exec(text.slice(open))
      if (close === null) throw new ExpressionError('syntax', 'a {% raw %} is not closed')
      let raw = text.slice(open + 2, open + close.index)
      if (text[open - 1] === '-') raw = raw.trimStart()
      if (close[1] === '-') raw = raw.trimEnd()
      if (raw !== '') tokens.push({ kind: 'text', text: raw })
      trim = close[2] === '-'
      position = open + close.index + close[0].length
    } else {
      const close = delimiter === '{{' ? '}}' : '%}'
      tokens.push({ kind: 'open', text: delimiter as '{{' | '{%' })
      const end = lexInside(text, inside, close, tokens)
      tokens.push({ kind: 'close', text: close })
      trim = end.trim
      position = end.position
    }
  }
  return tokens
}

function nextDelimiter(text: string, from: number): number {
  for (let at = text.indexOf('{', from); at !== -1; at = text.indexOf('{', at + 1)) {
    const next = text[at + 1]
    if (next === '{' || next === '%' || next === '#') return at
  }
  return -1
}

function lexInside(text: string, from: number, close: string, tokens: Token[]): { position: number; trim: boolean } {
  const brackets: string[] = []
  let position = from
  for (;;) {
    while (/\s/.test(text[position] ?? '')) position++
    if (position >= text.length) throw new ExpressionError('syntax', `${close === '}}' ? '{{' : '{%'} is not closed`)
    if (brackets.length === 0) {
      if (text.startsWith(close, position)) return { position: position + 2, trim: false }
      if ((text[position] === '-' || text[position] === '+') && text.startsWith(close, position + 1)) {
        return { position: position + 3, trim: text[position] === '-' }
      }
    }
    position = lexOne(text, position, brackets, tokens)
  }
}

function lexOne(text: string, position: number, brackets: string[], tokens: Token[]): number {
  const match = (pattern: RegExp) => {
    pattern.lastIndex = position
    return pattern.exec(text)
  }
  const number = match(numberPattern)
  if (number) {
    const digits = number[0].replaceAll('_', '')
    if (/^\d+$/.test(digits) || /^0[xXoObB]/.test(digits)) tokens.push({ kind: 'integer', value: BigInt(digits.toLowerCase()) })
    else tokens.push({ kind: 'float', value: Number(digits) })
    return position + number[0].length
  }
  const name = match(namePattern)
  if (name) {
    tokens.push({ kind: 'name', text: name[0] })
    return position + name[0].length
  }
  const string = match(stringPattern)
  if (string) {
    tokens.push({ kind: 'string', text: unescapeText(string[1] ?? string[2]!) })
    return position + string[0].length
  }
  const operator = operators.find((candidate) => text.startsWith(candidate, position))
  if (operator === undefined) throw new ExpressionError('syntax', `"${text[position]}" is not expected here`)
  if (operator === '(' || operator === '[' || operator === '{') brackets.push(operator)
  if (operator === ')' || operator === ']' || operator === '}') {
    const open = brackets.pop()
    if (open === undefined || '([{'.indexOf(open) !== ')]}'.indexOf(operator))
      throw new ExpressionError('syntax', `"${operator}" closes nothing`)
  }
  tokens.push({ kind: 'operator', text: operator })
  return position + operator.length
}

const escapes: Record<string, string> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\u0007',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
}

/** Python's string escapes; an unknown one stays as written. */
export function unescapeText(text: string): string {
  return text.replaceAll(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[\s\S])/g, (whole, code: string) => {
    if (/^[xuU]./.test(code)) return String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(code.slice(1), 16)))
    if (/^[0-7]/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8))
    return escapes[code] ?? whole
  })
}
