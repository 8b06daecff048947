import { Budget, bounded, boundedItems, joinBounded, limits } from './budget.ts'
import { applyFilter } from './filter/apply.ts'
import type { FilterContext } from './filter/define.ts'
import { iterate } from './iterate.ts'
import { loopState } from './loop.ts'
import { applyTest } from './test.ts'
import type { ArgumentList, Comparison, Expression, LoopTarget, Statement, Target } from './ast.ts'
import { macro, type World } from './macro.ts'
import { attribute } from './method/attribute.ts'
import { isNumber, refuseUndefined } from './kind.ts'
import { binary, compare, contains, equals, isTrue, negate } from './operate.ts'
import { ExpressionError } from './problem.ts'
import { sliceItems } from './slice.ts'
import { toText } from './text.ts'
import { type Arguments, Callable, Dict, fromJson, List, typeName, Undefined, type Value } from './value.ts'

/** What a round of a loop costs besides its body: its scope and `loop`. */
const stepsPerRound = 10

/** Renders statements in a scope of names. One evaluator serves one rendering: its budget is spent with it. */
export class Evaluator implements FilterContext {
  private readonly context: Record<string, unknown>
  private readonly world: World
  private readonly scopes: Map<string, Value>[] = [new Map()]
  readonly budget = new Budget()
  private output = 0

  constructor(context: Record<string, unknown>, world: World) {
    this.context = context
    this.world = world
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
    this.budget.spend()
    switch (statement.kind) {
      case 'text':
        return statement.text
      case 'print':
        return toText(this.evaluate(statement.expression), this.budget)
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
        this.assign(
          statement.target,
          this.filterAll(
            this.inScope(new Map(), () => this.render(statement.body)),
            statement.filters,
          ),
        )
        return ''
      case 'filter-block':
        return toText(
          this.filterAll(
            this.inScope(new Map(), () => this.render(statement.body)),
            statement.filters,
          ),
          this.budget,
        )
      case 'with': {
        const scope = new Map(statement.values.map(([name, value]): [string, Value] => [name, this.evaluate(value)]))
        return this.inScope(scope, () => this.render(statement.body))
      }
    }
  }

  private filterAll(value: Value, filters: readonly { name: string; args: ArgumentList }[]): Value {
    return filters.reduce((result, { name, args }) => this.filter(name, result, this.arguments(args)), value)
  }

  private renderFor(statement: Extract<Statement, { kind: 'for' }>): string {
    const over = this.evaluate(statement.over)
    const all = over instanceof Undefined ? [] : iterate(over)
    const { filter } = statement
    const bind = (item: Value) => new Map(this.bindings(statement.target, item))
    const items = filter === undefined ? all : all.filter((item) => this.inScope(bind(item), () => isTrue(this.evaluate(filter))))
    if (items.length === 0) return this.render(statement.otherwise)
    boundedItems(items.length)
    const parts: string[] = []
    const memory = {}
    for (const [index, item] of items.entries()) {
      this.budget.spend(stepsPerRound)
      const scope = bind(item)
      scope.set('loop', loopState(items, index, memory, this.budget))
      parts.push(this.inScope(scope, () => this.render(statement.body)))
    }
    return joinBounded(parts)
  }

  private inScope<Result>(scope: Map<string, Value>, work: () => Result): Result {
    this.scopes.push(scope)
    try {
      return work()
    } finally {
      this.scopes.pop()
    }
  }

  /** The names of a loop's target, with what the item gives each. */
  private bindings(target: LoopTarget, item: Value): [string, Value][] {
    if (typeof target === 'string') return [[target, item]]
    const items = this.unpack(item, target.length)
    return target.flatMap((inner, index) => this.bindings(inner, items[index]!))
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
    this.budget.spend()
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
        return new Dict(
          node.entries.map(([keyNode, valueNode]): [Value, Value] => {
            const key = this.evaluate(keyNode)
            this.spendKey(key)
            return [key, this.evaluate(valueNode)]
          }),
        )
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
        return binary(node.operator, this.evaluate(node.left), this.evaluate(node.right), this.budget)
      case 'concat':
        return joinBounded(node.parts.map((part) => toText(this.evaluate(part), this.budget)))
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
    return applyFilter(name, value, args, this)
  }

  test(name: string, value: Value, args: Arguments): boolean {
    return applyTest(name, value, args, this.budget)
  }

  /** `value[key]`: the item, else the attribute, else Undefined (Jinja, "Variables"). */
  item(value: Value, key: Value): Value {
    this.spendKey(key)
    refuseUndefined(value)
    if (value instanceof Dict) {
      // What cannot be a key is in no dict.
      const found = isUnhashable(key) ? undefined : value.get(key)
      if (found !== undefined) return found
    } else if (isNumber(key) && typeof key !== 'number' && (value instanceof List || typeof value === 'string')) {
      if (typeof value === 'string') this.budget.spendText(value)
      const items = typeof value === 'string' ? [...value] : value.items
      const found = items.at(Number(key))
      if (found !== undefined) return found
    }
    const method = typeof key === 'string' ? attribute(value, key, this.budget) : undefined
    return (
      method ??
      new Undefined(`${typeName(value)} ${typeof key === 'string' ? `"${key.slice(0, 100)}"` : toText(key, this.budget).slice(0, 100)}`)
    )
  }

  /** `value.name`: the attribute, else the item. */
  attribute(value: Value, name: string): Value {
    refuseUndefined(value)
    const item = value instanceof Dict ? value.get(name) : undefined
    const found = attribute(value, name, this.budget) ?? item
    return found === undefined ? new Undefined(`"${name.slice(0, 100)}" of a ${typeName(value)}`) : found
  }

  private spendKey(key: Value): void {
    if (typeof key === 'string') this.budget.spendText(key)
    else this.budget.spend()
  }

  private lookup(name: string): Value {
    for (let index = this.scopes.length - 1; index >= 0; index--) {
      const value = this.scopes[index]!.get(name)
      if (value !== undefined) return value
    }
    if (Object.hasOwn(this.context, name)) return fromJson(this.context[name])
    return macro(name, this.world, this.budget) ?? new Undefined(`"${name}"`)
  }

  private call(node: Extract<Expression, { kind: 'call' }>): Value {
    const callee = this.evaluate(node.of)
    refuseUndefined(callee)
    if (!(callee instanceof Callable)) throw new ExpressionError('type', `a ${typeName(callee)} cannot be called`)
    const result = callee.call(this.arguments(node.args))
    if (result instanceof List) this.budget.spend(result.length)
    else if (typeof result === 'string') this.budget.spendText(bounded(result))
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
      if (!compareBy(operator, left, right, this.budget)) return false
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
    // Of null there is no slice, as there is no item: many an API has it in place of a text.
    if (value === null) return new Undefined('a slice of None')
    if (typeof value !== 'string' && !(value instanceof List)) throw new ExpressionError('type', `a ${typeName(value)} cannot be sliced`)
    const items: Value[] = typeof value === 'string' ? [...value] : value.items
    this.budget.spend(items.length)
    const chosen = sliceItems(items, bound(node.start), bound(node.stop), step)
    return typeof value === 'string' ? chosen.join('') : List.of(chosen, value.tuple)
  }
}

function isUnhashable(key: Value): boolean {
  return key instanceof Dict || (key instanceof List && !key.tuple)
}

function compareBy(operator: Comparison, left: Value, right: Value, budget: Budget): boolean {
  switch (operator) {
    case '==':
      return equals(left, right, budget)
    case '!=':
      return !equals(left, right, budget)
    case '<':
      return compare(left, right, budget) < 0
    case '<=':
      return compare(left, right, budget) <= 0
    case '>':
      return compare(left, right, budget) > 0
    case '>=':
      return compare(left, right, budget) >= 0
    case 'in':
      return contains(right, left, budget)
    case 'not in':
      return !contains(right, left, budget)
  }
}
