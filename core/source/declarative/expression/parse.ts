import type { ArgumentList, Comparison, Expression, FilterCall } from './ast.ts'
import { ExpressionError } from './problem.ts'
import type { Token } from './lex.ts'
import type { BinaryOperator } from './operate.ts'

/** How deep expressions may nest: far beyond what people write, well within the stack. */
const maxDepth = 60

/** How many operators, filters, items and calls one expression may have in a row: each is a level of its tree. */
const maxChain = 2000

const comparisons = new Set(['==', '!=', '<', '<=', '>', '>='])

/** Parses expressions with the precedence of Jinja: if-else, or, and, not, comparison, + -, ~, * / // %, **, unary, postfix, filter. */
export class ExpressionParser {
  private readonly tokens: readonly Token[]
  private position = 0
  private depth = 0
  private chain = 0

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  /** An expression, or a tuple of several: `a, b`. */
  parseTuple(): Expression {
    const first = this.parseExpression()
    if (!this.isOperator(',')) return first
    const items = [first]
    while (this.skipOperator(',')) {
      if (this.peek()?.kind === 'close' || this.isOperator(')') || this.isOperator('=')) break
      items.push(this.parseExpression())
    }
    return { kind: 'list', items, tuple: true }
  }

  parseExpression(): Expression {
    if (++this.depth > maxDepth) throw new ExpressionError('limit', 'the expression is nested too deep')
    let expression = this.parseOr()
    while (this.skipName('if')) {
      const condition = this.parseOr()
      const otherwise = this.skipName('else') ? this.parseExpression() : undefined
      expression = { kind: 'choose', condition, chosen: expression, otherwise }
    }
    this.depth--
    return expression
  }

  parseOr(): Expression {
    let left = this.parseAnd()
    while (this.skipName('or')) left = this.link({ kind: 'logic', operator: 'or', left, right: this.parseAnd() })
    return left
  }

  private parseAnd(): Expression {
    let left = this.parseNot()
    while (this.skipName('and')) left = this.link({ kind: 'logic', operator: 'and', left, right: this.parseNot() })
    return left
  }

  private parseNot(): Expression {
    let negations = 0
    while (this.skipName('not')) negations++
    let expression = this.parseCompare()
    for (; negations > 0; negations--) expression = this.link({ kind: 'unary', operator: 'not', of: expression })
    return expression
  }

  private parseCompare(): Expression {
    const left = this.parseSum()
    const chain: { operator: Comparison; right: Expression }[] = []
    for (;;) {
      const token = this.peek()
      if (token?.kind === 'operator' && comparisons.has(token.text)) {
        this.position++
        chain.push({ operator: token.text as Comparison, right: this.parseSum() })
      } else if (this.skipName('in')) {
        chain.push({ operator: 'in', right: this.parseSum() })
      } else if (this.isName('not') && this.isName('in', 1)) {
        this.position += 2
        chain.push({ operator: 'not in', right: this.parseSum() })
      } else break
    }
    return chain.length === 0 ? left : { kind: 'compare', left, chain }
  }

  private parseSum(): Expression {
    return this.parseBinary(['+', '-'], () => this.parseConcat())
  }

  private parseConcat(): Expression {
    const parts = [this.parseProduct()]
    while (this.skipOperator('~')) parts.push(this.parseProduct())
    return parts.length === 1 ? parts[0]! : { kind: 'concat', parts }
  }

  private parseProduct(): Expression {
    return this.parseBinary(['*', '/', '//', '%'], () => this.parseBinary(['**'], () => this.parseUnary(true)))
  }

  private parseBinary(operators: readonly string[], operand: () => Expression): Expression {
    let left = operand()
    for (;;) {
      const token = this.peek()
      if (token?.kind !== 'operator' || !operators.includes(token.text)) return left
      this.position++
      left = this.link({ kind: 'binary', operator: token.text as BinaryOperator, left, right: operand() })
    }
  }

  private parseUnary(withFilter: boolean): Expression {
    if (++this.depth > maxDepth) throw new ExpressionError('limit', 'the expression is nested too deep')
    let expression: Expression
    if (this.skipOperator('-')) expression = { kind: 'unary', operator: '-', of: this.parseUnary(false) }
    else if (this.skipOperator('+')) expression = { kind: 'unary', operator: '+', of: this.parseUnary(false) }
    else expression = this.parsePrimary()
    expression = this.parsePostfix(expression)
    this.depth--
    return withFilter ? this.parseFilters(expression) : expression
  }

  private parsePrimary(): Expression {
    const token = this.next('an expression')
    if (token.kind === 'integer' || token.kind === 'float') return { kind: 'constant', value: token.value }
    if (token.kind === 'string') {
      let text = token.text
      for (let more = this.peek(); more?.kind === 'string'; more = this.peek()) {
        text += more.text
        this.position++
      }
      return { kind: 'constant', value: text }
    }
    if (token.kind === 'name') {
      if (token.text === 'true' || token.text === 'True') return { kind: 'constant', value: true }
      if (token.text === 'false' || token.text === 'False') return { kind: 'constant', value: false }
      if (token.text === 'none' || token.text === 'None') return { kind: 'constant', value: null }
      return { kind: 'name', name: token.text }
    }
    if (token.kind === 'operator' && token.text === '(') {
      if (this.skipOperator(')')) return { kind: 'list', items: [], tuple: true }
      const expression = this.parseTuple()
      this.expectOperator(')')
      return expression
    }
    if (token.kind === 'operator' && token.text === '[') return { kind: 'list', items: this.parseItems(']'), tuple: false }
    if (token.kind === 'operator' && token.text === '{') return this.parseDict()
    throw this.unexpected(token)
  }

  private parseItems(close: string): Expression[] {
    const items: Expression[] = []
    while (!this.skipOperator(close)) {
      if (items.length > 0) {
        this.expectOperator(',')
        if (this.skipOperator(close)) break
      }
      items.push(this.parseExpression())
    }
    return items
  }

  private parseDict(): Expression {
    const entries: [Expression, Expression][] = []
    while (!this.skipOperator('}')) {
      if (entries.length > 0) {
        this.expectOperator(',')
        if (this.skipOperator('}')) break
      }
      const key = this.parseExpression()
      this.expectOperator(':')
      entries.push([key, this.parseExpression()])
    }
    return { kind: 'dict', entries }
  }

  private parsePostfix(start: Expression): Expression {
    let expression = start
    for (; ; this.link(expression)) {
      if (this.skipOperator('.')) {
        const token = this.next('a name')
        if (token.kind === 'name') expression = { kind: 'attribute', of: expression, name: token.text }
        else if (token.kind === 'integer') expression = { kind: 'item', of: expression, key: { kind: 'constant', value: token.value } }
        else throw this.unexpected(token)
      } else if (this.skipOperator('[')) expression = this.parseSubscript(expression)
      else if (this.isOperator('(')) expression = { kind: 'call', of: expression, args: this.parseArguments() }
      else return expression
    }
  }

  private parseSubscript(of: Expression): Expression {
    const part = () => (this.isOperator(':') || this.isOperator(']') ? undefined : this.parseExpression())
    const start = part()
    if (!this.skipOperator(':')) {
      this.expectOperator(']')
      if (start === undefined) throw new ExpressionError('syntax', 'a subscript [] is empty')
      return { kind: 'item', of, key: start }
    }
    const stop = part()
    const step = this.skipOperator(':') ? part() : undefined
    this.expectOperator(']')
    return { kind: 'slice', of, start, stop, step }
  }

  private parseFilters(start: Expression): Expression {
    let expression = start
    for (; ; this.link(expression)) {
      if (this.skipOperator('|')) expression = { kind: 'filter', of: expression, ...this.parseFilterCall() }
      else if (this.skipName('is')) expression = this.parseTest(expression)
      else if (this.isOperator('(')) expression = { kind: 'call', of: expression, args: this.parseArguments() }
      else return expression
    }
  }

  /** `name(args)` of a filter, without the | before it. */
  parseFilterCall(): FilterCall {
    return { name: this.dottedName(), args: this.optionalArguments() }
  }

  /** `| name(args)`, as often as there are. */
  parseFilterCalls(): FilterCall[] {
    const calls: FilterCall[] = []
    while (this.skipOperator('|')) calls.push(this.parseFilterCall())
    return calls
  }

  private parseTest(of: Expression): Expression {
    const negated = this.skipName('not')
    const name = this.dottedName()
    const token = this.peek()
    let args: ArgumentList = { positional: [], named: [] }
    if (this.isOperator('(')) args = this.parseArguments()
    else if (
      (token?.kind === 'name' && !['else', 'or', 'and', 'if', 'in', 'not'].includes(token.text)) ||
      token?.kind === 'string' ||
      token?.kind === 'integer' ||
      token?.kind === 'float' ||
      this.isOperator('[') ||
      this.isOperator('{')
    ) {
      if (this.isName('is')) throw new ExpressionError('syntax', 'tests cannot be chained with is')
      args = { positional: [this.parsePostfix(this.parsePrimary())], named: [] }
    }
    return { kind: 'test', of, name, args, negated }
  }

  private dottedName(): string {
    let name = this.expectName()
    while (this.skipOperator('.')) name += `.${this.expectName()}`
    return name
  }

  private optionalArguments(): ArgumentList {
    return this.isOperator('(') ? this.parseArguments() : { positional: [], named: [] }
  }

  private parseArguments(): ArgumentList {
    this.expectOperator('(')
    const args: ArgumentList = { positional: [], named: [] }
    let first = true
    while (!this.skipOperator(')')) {
      if (!first) {
        this.expectOperator(',')
        if (this.skipOperator(')')) break
      }
      first = false
      const token = this.peek()
      if (token?.kind === 'name' && this.isOperator('=', 1)) {
        this.position += 2
        args.named.push([token.text, this.parseExpression()])
      } else if (this.isOperator('*') || this.isOperator('**')) {
        throw new ExpressionError('syntax', 'unpacking arguments with * is not supported')
      } else {
        if (args.named.length > 0) throw new ExpressionError('syntax', 'a positional argument follows a named one')
        args.positional.push(this.parseExpression())
      }
    }
    return args
  }

  /** Counts one more level of the expression's tree. */
  private link(expression: Expression): Expression {
    if (++this.chain > maxChain) throw new ExpressionError('limit', `an expression may have at most ${maxChain} operators`)
    return expression
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.position + ahead]
  }

  next(wanted: string): Token {
    const token = this.tokens[this.position]
    if (token === undefined) throw new ExpressionError('syntax', `${wanted} is missing at the end`)
    this.position++
    return token
  }

  isName(name: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token?.kind === 'name' && token.text === name
  }

  isOperator(operator: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token?.kind === 'operator' && token.text === operator
  }

  skipName(name: string): boolean {
    if (!this.isName(name)) return false
    this.position++
    return true
  }

  skipOperator(operator: string): boolean {
    if (!this.isOperator(operator)) return false
    this.position++
    return true
  }

  expectName(): string {
    const token = this.next('a name')
    if (token.kind !== 'name') throw this.unexpected(token)
    return token.text
  }

  expectOperator(operator: string): void {
    const token = this.next(`"${operator}"`)
    if (token.kind !== 'operator' || token.text !== operator) throw this.unexpected(token, `, "${operator}" is`)
  }

  expectClose(): void {
    this.chain = 0
    const token = this.next('the end')
    if (token.kind !== 'close') throw this.unexpected(token)
  }

  unexpected(token: Token, instead = ''): ExpressionError {
    const text = token.kind === 'integer' || token.kind === 'float' ? String(token.value) : token.text
    return new ExpressionError('syntax', `"${text}" is not expected here${instead}`)
  }
}
