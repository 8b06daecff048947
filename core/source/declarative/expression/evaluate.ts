import { applyFilter, type FilterContext } from './filter.ts'
import { applyTest } from './test.ts'
import type { ArgumentList, Comparison, Expression, Statement, Target } from './ast.ts'
import { macro } from './macro.ts'
import { attribute, itemAt, iterate } from './method.ts'
import { binary, bounded, compare, contains, equals, isNumber, isTrue, negate, refuseUndefined } from './operate.ts'
import { ExpressionError } from './problem.ts'
import { toText } from './text.ts'
import { type Arguments, Callable, Dict, fromJson, List, typeName, Undefined, type Value } from './value.ts'

/** What one rendering may use: an untrusted manifest must not hang the host or fill its memory. */
export const limits = { steps: 200_000, output: 1_000_000 }

/** Renders statements in a scope of names. One evaluator serves one rendering: its budget is spent with it. */
export class Evaluator implements FilterContext {
  private readonly context: Record<string, unknown>
  private readonly now: () => number
  private readonly scopes: Map<string, Value>[] = [new Map()]
  private steps = 0
  private output = 0

  constructor(context: Record<string, unknown>, now: () => number) {
    this.context = context
    this.now = now
  }

  render(statements: readonly Statement[]): string {
    let text = ''
    for (const statement of statements) {
      const part = this.renderOne(statement)
      this.output += part.length
      if (this.output > limits.output * 4 || text.length + part.length > limits.output) {
        throw new ExpressionError('limit', `a template may make at most ${limits.output} characters`)
      }
      text += part
    }
    return text
  }

  private renderOne(statement: Statement): string {
    this.step()
    switch (statement.kind) {
      case 'text':
        return statement.text
      case 'print':
        return toText(this.evaluate(statement.expression))
      case 'if': {
        const branch = statement.branches.find(({ condition }) => isTrue(this.evaluate(condition)))
        return this.render(branch?.body ?? statement.otherwise)
      }
      case 'for':
        return this.renderFor(statement)
      case 'set': {
        const value = this.evaluate(statement.value)
        if (statement.targets.length === 1) this.assign(statement.targets[0]!, value)
        else this.unpack(value, statement.targets.length).forEach((item, index) => this.assign(statement.targets[index]!, item))
        return ''
      }
      case 'set-block':
        this.assign(statement.target, this.render(statement.body))
        return ''
    }
  }

  private renderFor(statement: Extract<Statement, { kind: 'for' }>): string {
    const over = this.evaluate(statement.over)
    const all = over instanceof Undefined ? [] : iterate(over)
    const bind = (item: Value) => {
      const values = statement.targets.length === 1 ? [item] : this.unpack(item, statement.targets.length)
      return new Map(statement.targets.map((name, index): [string, Value] => [name, values[index]!]))
    }
    const inScope = <Result>(scope: Map<string, Value>, work: () => Result): Result => {
      this.scopes.push(scope)
      try {
        return work()
      } finally {
        this.scopes.pop()
      }
    }
    const { filter } = statement
    const items = filter === undefined ? all : all.filter((item) => inScope(bind(item), () => isTrue(this.evaluate(filter))))
    if (items.length === 0) return this.render(statement.otherwise)
    let text = ''
    for (const [index, item] of items.entries()) {
      const scope = bind(item)
      scope.set('loop', loopState(items, index))
      text += inScope(scope, () => this.render(statement.body))
      if (text.length > limits.output) throw new ExpressionError('limit', `a template may make at most ${limits.output} characters`)
    }
    return text
  }

  private assign(target: Target, value: Value): void {
    if (target.attribute === undefined) {
      this.scopes.at(-1)!.set(target.name, value)
      return
    }
    const holder = this.lookup(target.name)
    if (!(holder instanceof Dict)) throw new ExpressionError('type', `${target.name} is not a namespace`)
    holder.set(target.attribute, value)
  }

  private unpack(value: Value, count: number): Value[] {
    const items = iterate(value)
    if (items.length !== count) throw new ExpressionError('type', `${count} values are wanted, and there are ${items.length}`)
    return items
  }

  evaluate(node: Expression): Value {
    this.step()
    switch (node.kind) {
      case 'constant':
        return node.value
      case 'name':
        return this.lookup(node.name)
      case 'list':
        return List.of(
          node.items.map((item) => this.evaluate(item)),
          node.tuple,
        )
      case 'dict':
        return new Dict(node.entries.map(([key, value]): [Value, Value] => [this.evaluate(key), this.evaluate(value)]))
      case 'attribute':
        return this.attribute(this.evaluate(node.of), node.name)
      case 'item':
        return this.item(this.evaluate(node.of), this.evaluate(node.key))
      case 'slice':
        return this.slice(node)
      case 'call':
        return this.call(node)
      case 'filter':
        return this.filter(node.name, this.evaluate(node.of), this.arguments(node.args))
      case 'test':
        return this.test(node.name, this.evaluate(node.of), this.arguments(node.args)) !== node.negated
      case 'unary':
        return this.unary(node.operator, this.evaluate(node.of))
      case 'binary':
        return binary(node.operator, this.evaluate(node.left), this.evaluate(node.right))
      case 'concat':
        return bounded(node.parts.map((part) => toText(this.evaluate(part))).join(''))
      case 'logic': {
        const left = this.evaluate(node.left)
        return isTrue(left) === (node.operator === 'or') ? left : this.evaluate(node.right)
      }
      case 'compare':
        return this.compare(node)
      case 'choose':
        if (isTrue(this.evaluate(node.condition))) return this.evaluate(node.chosen)
        return node.otherwise === undefined ? new Undefined('an if without else') : this.evaluate(node.otherwise)
    }
  }

  filter(name: string, value: Value, args: Arguments): Value {
    this.step(value instanceof List ? value.length : 1)
    return applyFilter(name, value, args, this)
  }

  test(name: string, value: Value, args: Arguments): boolean {
    this.step()
    return applyTest(name, value, args)
  }

  /** `value[key]`: the item, else the attribute, else Undefined (Jinja, "Variables"). */
  item(value: Value, key: Value): Value {
    this.step()
    refuseUndefined(value)
    if (value instanceof Dict) {
      const found = value.get(key)
      if (found !== undefined) return found
    } else if (isNumber(key) && typeof key !== 'number' && (value instanceof List || typeof value === 'string')) {
      const items = typeof value === 'string' ? [...value] : value.items
      const found = items.at(Number(key))
      if (found !== undefined) return found
    }
    const method = typeof key === 'string' ? attribute(value, key) : undefined
    return method ?? new Undefined(`${typeName(value)} ${typeof key === 'string' ? `"${key}"` : toText(key)}`)
  }

  /** `value.name`: the attribute, else the item. */
  private attribute(value: Value, name: string): Value {
    refuseUndefined(value)
    const found = attribute(value, name) ?? (value instanceof Dict ? value.get(name) : undefined)
    return found === undefined ? new Undefined(`"${name}" of a ${typeName(value)}`) : found
  }

  private lookup(name: string): Value {
    for (let index = this.scopes.length - 1; index >= 0; index--) {
      const value = this.scopes[index]!.get(name)
      if (value !== undefined) return value
    }
    if (Object.hasOwn(this.context, name)) return fromJson(this.context[name])
    return macro(name, this.now) ?? new Undefined(`"${name}"`)
  }

  private call(node: Extract<Expression, { kind: 'call' }>): Value {
    const callee = this.evaluate(node.of)
    refuseUndefined(callee)
    if (!(callee instanceof Callable)) throw new ExpressionError('type', `a ${typeName(callee)} cannot be called`)
    const result = callee.call(this.arguments(node.args))
    if (result instanceof List) this.step(result.length)
    return result
  }

  private arguments(list: ArgumentList): Arguments {
    return {
      positional: list.positional.map((argument) => this.evaluate(argument)),
      named: new Map(list.named.map(([name, value]): [string, Value] => [name, this.evaluate(value)])),
    }
  }

  private unary(operator: '-' | '+' | 'not', value: Value): Value {
    if (operator === 'not') return !isTrue(value)
    if (operator === '-') return negate(value)
    refuseUndefined(value)
    if (!isNumber(value)) throw new ExpressionError('type', `+ does not go with ${typeName(value)}`)
    return typeof value === 'boolean' ? BigInt(value) : value
  }

  private compare(node: Extract<Expression, { kind: 'compare' }>): boolean {
    let left = this.evaluate(node.left)
    for (const { operator, right: expression } of node.chain) {
      const right = this.evaluate(expression)
      if (!compareBy(operator, left, right)) return false
      left = right
    }
    return true
  }

  private slice(node: Extract<Expression, { kind: 'slice' }>): Value {
    const value = this.evaluate(node.of)
    refuseUndefined(value)
    const bound = (part: Expression | undefined): number | undefined => {
      const index = part === undefined ? null : this.evaluate(part)
      if (index === null) return undefined
      if (typeof index !== 'bigint' && typeof index !== 'boolean')
        throw new ExpressionError('type', `a slice wants int, not ${typeName(index)}`)
      return Number(index)
    }
    const step = bound(node.step) ?? 1
    if (step === 0) throw new ExpressionError('type', 'the step of a slice cannot be 0')
    const items: Value[] = typeof value === 'string' ? [...value] : value instanceof List ? value.items : []
    if (typeof value !== 'string' && !(value instanceof List)) return new Undefined(`a slice of a ${typeName(value)}`)
    this.step(items.length)
    const chosen = sliceItems(items, bound(node.start), bound(node.stop), step)
    return typeof value === 'string' ? chosen.join('') : List.of(chosen, value.tuple)
  }

  private step(count = 1): void {
    this.steps += count
    if (this.steps > limits.steps) throw new ExpressionError('limit', `the expression takes more than ${limits.steps} steps`)
  }
}

function compareBy(operator: Comparison, left: Value, right: Value): boolean {
  switch (operator) {
    case '==':
      return equals(left, right)
    case '!=':
      return !equals(left, right)
    case '<':
      return compare(left, right) < 0
    case '<=':
      return compare(left, right) <= 0
    case '>':
      return compare(left, right) > 0
    case '>=':
      return compare(left, right) >= 0
    case 'in':
      return contains(right, left)
    case 'not in':
      return !contains(right, left)
  }
}

/** Python's slice semantics: negative bounds count from the end, bounds outside are clipped. */
function sliceItems(items: readonly Value[], start: number | undefined, stop: number | undefined, step: number): Value[] {
  const size = items.length
  const clip = (index: number, low: number, high: number) => Math.min(Math.max(index < 0 ? index + size : index, low), high)
  const chosen: Value[] = []
  if (step > 0) {
    const end = stop === undefined ? size : clip(stop, 0, size)
    for (let index = start === undefined ? 0 : clip(start, 0, size); index < end; index += step) chosen.push(items[index]!)
  } else {
    const end = stop === undefined ? -1 : clip(stop, -1, size - 1)
    for (let index = start === undefined ? size - 1 : clip(start, -1, size - 1); index > end; index += step) chosen.push(items[index]!)
  }
  return chosen
}

function loopState(items: readonly Value[], index: number): Dict {
  const count = items.length
  return new Dict([
    ['index', BigInt(index + 1)],
    ['index0', BigInt(index)],
    ['revindex', BigInt(count - index)],
    ['revindex0', BigInt(count - index - 1)],
    ['first', index === 0],
    ['last', index === count - 1],
    ['length', BigInt(count)],
    ['previtem', itemAt(items, index - 1, 'loop.previtem')],
    ['nextitem', itemAt(items, index + 1, 'loop.nextitem')],
  ])
}
