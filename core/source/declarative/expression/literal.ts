import { unescapeText } from './lex.ts'
import { Dict, List, type Value } from './value.ts'

const maxDepth = 100
const numberPattern =
  /[+-]?[ \t]*(?:0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+|(?:\d+(?:_\d+)*)?\.?(?:\d+(?:_\d+)*)?(?:[eE][+-]?\d+(?:_\d+)*)?)/y
const wordPattern = /[A-Za-z_]\w*/y
const stringPattern = /([rRuU]?)("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')/y

/**
 * ast.literal_eval: the value of a text that is a Python literal (None, booleans, numbers, strings,
 * lists, tuples, dicts); undefined when it is anything else. The CDK evaluates what a template renders
 * this way, which is how "{{ 1 }}" becomes a number and "2024-01-01" stays a text.
 */
export function literalValue(text: string): Value | undefined {
  const reader = new LiteralReader(text.replace(/^[ \t]+/, ''))
  const value = reader.readTop()
  return reader.failed ? undefined : value
}

class LiteralReader {
  failed = false
  private position = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  readTop(): Value {
    const first = this.read(0)
    this.space()
    if (this.failed || this.position === this.text.length) return first
    const items = [first]
    while (!this.failed && this.skip(',')) {
      this.space()
      if (this.position === this.text.length) break
      items.push(this.read(0))
      this.space()
    }
    if (this.position < this.text.length) this.failed = true
    return List.of(items, true)
  }

  private read(depth: number): Value {
    if (this.failed || depth > maxDepth) return this.fail()
    this.space()
    const character = this.text[this.position]
    if (character === '[') return List.of(this.readItems(']', depth).items)
    if (character === '(') {
      const { items, trailing } = this.readItems(')', depth)
      return items.length === 1 && !trailing ? items[0]! : List.of(items, true)
    }
    if (character === '{') return this.readDict(depth)
    const string = this.match(stringPattern)
    if (string !== undefined) return this.readStrings(string)
    const word = this.match(wordPattern)
    if (word !== undefined) {
      if (word === 'None') return null
      if (word === 'True') return true
      return word === 'False' ? false : this.fail()
    }
    return this.readNumber()
  }

  private readItems(close: string, depth: number): { items: Value[]; trailing: boolean } {
    this.position++
    const items: Value[] = []
    let trailing = false
    for (;;) {
      this.space()
      if (this.skip(close)) return { items, trailing }
      if (items.length > 0 && !trailing) this.fail()
      if (this.failed) return { items, trailing }
      items.push(this.read(depth + 1))
      this.space()
      trailing = this.skip(',')
    }
  }

  private readDict(depth: number): Value {
    this.position++
    const entries: [Value, Value][] = []
    let comma = true
    for (;;) {
      this.space()
      if (this.skip('}')) break
      if (!comma || this.failed) return this.fail()
      const key = this.read(depth + 1)
      this.space()
      if (this.failed || !this.skip(':')) return this.fail()
      entries.push([key, this.read(depth + 1)])
      this.space()
      comma = this.skip(',')
    }
    try {
      return new Dict(entries)
    } catch {
      return this.fail()
    }
  }

  private readStrings(first: string): string {
    let text = decode(first)
    for (;;) {
      this.space()
      const next = this.match(stringPattern)
      if (next === undefined) return text
      text += decode(next)
    }
  }

  private readNumber(): Value {
    const number = this.match(numberPattern)
    if (number === undefined || !/\d/.test(number)) return this.fail()
    const digits = number.replaceAll(/[_ \t]/g, '')
    const bare = digits.replace(/^[+-]/, '')
    const negative = digits.startsWith('-')
    if (/^(0+|[1-9]\d*)$/.test(bare) || /^0[xXoObB]/.test(bare))
      return bare.length > 4300 ? this.fail() : BigInt(bare.toLowerCase()) * (negative ? -1n : 1n)
    // A leading zero ("007") is a syntax error in Python, so zip codes stay texts.
    return /^\d+$/.test(bare) ? this.fail() : Number(digits)
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position
    const match = pattern.exec(this.text)
    if (match === null || match[0] === '') return undefined
    this.position += match[0].length
    return match[0]
  }

  private skip(character: string): boolean {
    if (this.text[this.position] !== character) return false
    this.position++
    return true
  }

  private space(): void {
    for (;;) {
      while (/[ \t\n\r\f]/.test(this.text[this.position] ?? '')) this.position++
      if (this.text[this.position] !== '#') return
      const end = this.text.indexOf('\n', this.position)
      this.position = end === -1 ? this.text.length : end
    }
  }

  private fail(): null {
    this.failed = true
    return null
  }
}

function decode(literal: string): string {
  const raw = /^[rR]/.test(literal)
  const body = literal.replace(/^[rRuU]/, '')
  const quoteLength = body.startsWith('"""') || body.startsWith("'''") ? 3 : 1
  const inner = body.slice(quoteLength, -quoteLength)
  return raw ? inner : unescapeText(inner)
}
