import { ExpressionError } from './problem.ts'
import { toText } from './text.ts'
import { type Arguments, typeName, Undefined, type Value } from './value.ts'

/** Reads a call's arguments by position or name, and refuses what is left over. */
export class ArgumentReader {
  private readonly callee: string
  private readonly args: Arguments
  private position = 0
  private readonly read = new Set<string>()

  constructor(callee: string, args: Arguments) {
    this.callee = callee
    this.args = args
  }

  optional(name: string): Value | undefined {
    this.read.add(name)
    const value = this.position < this.args.positional.length ? this.args.positional[this.position++] : undefined
    return value === undefined ? this.args.named.get(name) : value
  }

  optionalOr(name: string, fallback: Value): Value {
    const value = this.optional(name)
    return value === undefined ? fallback : value
  }

  required(name: string): Value {
    const value = this.optional(name)
    if (value === undefined) throw new ExpressionError('type', `${this.callee} wants an argument "${name}"`)
    return value
  }

  text(name: string, fallback?: string): string {
    const value = this.optional(name)
    if (value === undefined) {
      if (fallback !== undefined) return fallback
      throw new ExpressionError('type', `${this.callee} wants an argument "${name}"`)
    }
    if (value instanceof Undefined) throw new ExpressionError('undefined', `${value.what} is undefined`)
    if (typeof value !== 'string') throw new ExpressionError('type', `${this.callee} wants a str as "${name}", not ${typeName(value)}`)
    return value
  }

  integer(name: string, fallback?: number): number {
    const value = this.optional(name)
    if (value === undefined && fallback !== undefined) return fallback
    if (typeof value === 'boolean') return Number(value)
    if (typeof value !== 'bigint') throw new ExpressionError('type', `${this.callee} wants an int as "${name}"`)
    const number = Number(value)
    if (!Number.isSafeInteger(number)) throw new ExpressionError('limit', `"${name}" of ${this.callee} is too large`)
    return number
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.optional(name)
    return value === undefined ? fallback : value !== false && value !== null && value !== 0n && value !== ''
  }

  rest(): Value[] {
    const values = this.args.positional.slice(this.position)
    this.position = this.args.positional.length
    return values
  }

  /** What is named and was not read. */
  restNamed(): [string, Value][] {
    const rest = [...this.args.named].filter(([name]) => !this.read.has(name))
    for (const [name] of rest) this.read.add(name)
    return rest
  }

  end(): void {
    if (this.position < this.args.positional.length) throw new ExpressionError('type', `${this.callee} takes fewer arguments`)
    for (const name of this.args.named.keys()) {
      if (!this.read.has(name)) throw new ExpressionError('type', `${this.callee} knows no argument "${toText(name)}"`)
    }
  }
}
