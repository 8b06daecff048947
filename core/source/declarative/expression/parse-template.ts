import type { Expression, LoopTarget, Statement, Target } from './ast.ts'
import { lex } from './lex.ts'
import { ExpressionParser } from './parse.ts'
import { ExpressionError } from './problem.ts'

/** The longest template that is read, in characters. */
const maxSource = 100_000
const maxDepth = 50

/** A template as statements: text, {{ }}, {% if/for/set %}. */
export function parseTemplate(source: string): Statement[] {
  if (source.length > maxSource) throw new ExpressionError('limit', `a template may have at most ${maxSource} characters`)
  const parser = new ExpressionParser(lex(source))
  const { body } = parseBody(parser, [], 0)
  return body
}

/** Statements up to one of the `ends` (whose name is consumed), or to the end of the template when there are none. */
function parseBody(parser: ExpressionParser, ends: readonly string[], depth: number): { body: Statement[]; end: string } {
  if (depth > maxDepth) throw new ExpressionError('limit', 'blocks are nested too deep')
  const body: Statement[] = []
  while (parser.peek() !== undefined) {
    const token = parser.next('a statement')
    if (token.kind === 'text') body.push({ kind: 'text', text: token.text })
    else if (token.kind === 'open' && token.text === '{{') {
      body.push({ kind: 'print', expression: parser.parseTuple() })
      parser.expectClose()
    } else {
      const name = parser.expectName()
      if (ends.includes(name)) return { body, end: name }
      body.push(parseStatement(parser, name, depth + 1))
    }
  }
  if (ends.length > 0) throw new ExpressionError('syntax', `{% ${ends.at(-1)} %} is missing`)
  return { body, end: '' }
}

function parseStatement(parser: ExpressionParser, name: string, depth: number): Statement {
  switch (name) {
    case 'if':
      return parseIf(parser, depth)
    case 'for':
      return parseFor(parser, depth)
    case 'set':
      return parseSet(parser, depth)
    case 'with':
      return parseWith(parser, depth)
    case 'filter': {
      const filters = [parser.parseFilterCall(), ...parser.parseFilterCalls()]
      parser.expectClose()
      return { kind: 'filter-block', filters, body: parseBlock(parser, 'endfilter', depth) }
    }
    default:
      throw new ExpressionError('unknown', `the statement {% ${name} %} is not supported`)
  }
}

function parseIf(parser: ExpressionParser, depth: number): Statement {
  const branches = []
  let otherwise: Statement[] = []
  for (;;) {
    const condition = parser.parseTuple()
    parser.expectClose()
    const { body, end } = parseBody(parser, ['elif', 'else', 'endif'], depth)
    branches.push({ condition, body })
    if (end === 'elif') continue
    if (end === 'else') {
      parser.expectClose()
      otherwise = parseBody(parser, ['endif'], depth).body
    }
    parser.expectClose()
    return { kind: 'if', branches, otherwise }
  }
}

function parseFor(parser: ExpressionParser, depth: number): Statement {
  const target = parseLoopTarget(parser, 0)
  if (!parser.skipName('in')) throw new ExpressionError('syntax', 'a for wants "in"')
  const over = parser.parseOr()
  const filter = parser.skipName('if') ? parser.parseExpression() : undefined
  parser.expectClose()
  const { body, end } = parseBody(parser, ['else', 'endfor'], depth)
  let otherwise: Statement[] = []
  if (end === 'else') {
    parser.expectClose()
    otherwise = parseBody(parser, ['endfor'], depth).body
  }
  parser.expectClose()
  return { kind: 'for', target, over, filter, body, otherwise }
}

function parseSet(parser: ExpressionParser, depth: number): Statement {
  const targets: Target[] = [parseTarget(parser)]
  while (parser.skipOperator(',')) targets.push(parseTarget(parser))
  if (parser.skipOperator('=')) {
    const value = parser.parseTuple()
    parser.expectClose()
    return { kind: 'set', targets, value }
  }
  const filters = parser.parseFilterCalls()
  parser.expectClose()
  return { kind: 'set-block', target: targets[0]!, filters, body: parseBlock(parser, 'endset', depth) }
}

function parseWith(parser: ExpressionParser, depth: number): Statement {
  const values: [string, Expression][] = []
  while (parser.peek()?.kind === 'name') {
    const name = parser.expectName()
    parser.expectOperator('=')
    values.push([name, parser.parseExpression()])
    if (!parser.skipOperator(',')) break
  }
  parser.expectClose()
  return { kind: 'with', values, body: parseBlock(parser, 'endwith', depth) }
}

function parseBlock(parser: ExpressionParser, end: string, depth: number): Statement[] {
  const { body } = parseBody(parser, [end], depth)
  parser.expectClose()
  return body
}

/** `a`, `a, b`, `(a, b)`, `a, (b, c)`. */
function parseLoopTarget(parser: ExpressionParser, depth: number): LoopTarget {
  if (depth > maxDepth) throw new ExpressionError('limit', 'the names of a loop are nested too deep')
  const one = (): LoopTarget => {
    if (!parser.skipOperator('(')) return parser.expectName()
    const inner = parseLoopTarget(parser, depth + 1)
    parser.expectOperator(')')
    return inner
  }
  const first = one()
  if (!parser.skipOperator(',')) return first
  const targets = [first]
  while (!parser.isName('in') && !parser.isOperator(')')) {
    targets.push(one())
    if (!parser.skipOperator(',')) break
  }
  return targets
}

function parseTarget(parser: ExpressionParser): Target {
  const name = parser.expectName()
  return parser.skipOperator('.') ? { name, attribute: parser.expectName() } : { name }
}
