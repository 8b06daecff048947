import type { ArgumentList, Expression, FilterCall, LoopTarget, Statement } from './ast.ts'
import { filterNames } from './filter/apply.ts'
import { macroNames } from './macro.ts'
import { testNames } from './test.ts'

/** What a template names that does not exist: functions, filters, tests and variables, as sentences. Found without running it. */
export function unknownNames(statements: readonly Statement[], variables: ReadonlySet<string>): string[] {
  const found = new Set<string>()
  const own = new Set<string>(['loop'])
  const known = (name: string) => variables.has(name) || own.has(name) || macroNames.has(name)

  const visitAll = (nodes: readonly (Expression | undefined)[]) => nodes.forEach((node) => node && visit(node))
  const visitArguments = (args: ArgumentList) => visitAll([...args.positional, ...args.named.map(([, value]) => value)])

  function visit(node: Expression): void {
    switch (node.kind) {
      case 'constant':
        return
      case 'name':
        if (!known(node.name)) found.add(`the variable "${node.name}"`)
        return
      case 'list':
        return visitAll(node.items)
      case 'dict':
        return visitAll(node.entries.flat())
      case 'attribute':
        return visit(node.of)
      case 'item':
        return visitAll([node.of, node.key])
      case 'slice':
        return visitAll([node.of, node.start, node.stop, node.step])
      case 'call':
        if (node.of.kind === 'name' && !known(node.of.name)) found.add(`the function "${node.of.name}"`)
        else visit(node.of)
        return visitArguments(node.args)
      case 'filter':
        if (!filterNames.has(node.name)) found.add(`the filter "${node.name}"`)
        visit(node.of)
        return visitArguments(node.args)
      case 'test':
        if (!testNames.has(node.name)) found.add(`the test "${node.name}"`)
        visit(node.of)
        return visitArguments(node.args)
      case 'unary':
        return visit(node.of)
      case 'binary':
      case 'logic':
        return visitAll([node.left, node.right])
      case 'concat':
        return visitAll(node.parts)
      case 'compare':
        return visitAll([node.left, ...node.chain.map(({ right }) => right)])
      case 'choose':
        return visitAll([node.condition, node.chosen, node.otherwise])
    }
  }

  function addTargets(target: LoopTarget): void {
    if (typeof target === 'string') own.add(target)
    else target.forEach(addTargets)
  }

  function visitFilters(filters: readonly FilterCall[]): void {
    for (const { name, args } of filters) {
      if (!filterNames.has(name)) found.add(`the filter "${name}"`)
      visitArguments(args)
    }
  }

  function visitStatements(list: readonly Statement[]): void {
    for (const statement of list) {
      switch (statement.kind) {
        case 'text':
          break
        case 'print':
          visit(statement.expression)
          break
        case 'if':
          for (const branch of statement.branches) {
            visit(branch.condition)
            visitStatements(branch.body)
          }
          visitStatements(statement.otherwise)
          break
        case 'for':
          visit(statement.over)
          addTargets(statement.target)
          if (statement.filter) visit(statement.filter)
          visitStatements(statement.body)
          visitStatements(statement.otherwise)
          break
        case 'set':
          visit(statement.value)
          statement.targets.forEach(({ name }) => own.add(name))
          break
        case 'set-block':
          visitStatements(statement.body)
          visitFilters(statement.filters)
          own.add(statement.target.name)
          break
        case 'filter-block':
          visitStatements(statement.body)
          visitFilters(statement.filters)
          break
        case 'with':
          for (const [name, value] of statement.values) {
            visit(value)
            own.add(name)
          }
          visitStatements(statement.body)
          break
      }
    }
  }

  visitStatements(statements)
  return [...found]
}
