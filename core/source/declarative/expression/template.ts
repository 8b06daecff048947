import type { Statement } from './ast.ts'
import { Evaluator } from './evaluate.ts'
import { literalValue } from './literal.ts'
import type { World } from './macro.ts'
import { parseTemplate } from './parse-template.ts'
import { ExpressionError } from './problem.ts'
import { Dict, List, type Value } from './value.ts'

/** A parsed template, rendered as often as needed. */
export interface Template {
  source: string
  statements: readonly Statement[]
  /** True when it holds no {{ }} or {% %}: its value is always the same. */
  plain: boolean
}

/** Throws ExpressionError where it is not a template that manifests may use. */
export function compileTemplate(source: string): Template {
  const statements = parseTemplate(source)
  return { source, statements, plain: statements.every(({ kind }) => kind === 'text') }
}

/** The text the template makes. */
export function renderTemplate(template: Template, context: Record<string, unknown>, world: World): string {
  return new Evaluator(context, world).render(template.statements)
}

/**
 * The value of a template as the low-code CDK computes it: rendered to text, then read as a Python
 * literal when it is one. Null when it renders to nothing or reaches into something undefined.
 */
export function interpolate(template: Template, context: Record<string, unknown>, world: World): Value {
  const value = interpolateIfAny(template, context, world)
  return value === undefined ? null : value
}

function interpolateIfAny(template: Template, context: Record<string, unknown>, world: World): Value | undefined {
  let text: string
  try {
    text = renderTemplate(template, context, world)
  } catch (thrown) {
    if (thrown instanceof ExpressionError && thrown.kind === 'undefined') return undefined
    throw thrown
  }
  if (text === '') return undefined
  const literal = literalValue(text)
  return literal === undefined ? text : literal
}

/**
 * A condition as the CDK's InterpolatedBoolean reads it: false is what renders to nothing or reaches into
 * something undefined, False, 0, and empty containers; all else is true, a rendered "None" too.
 */
export function isConditionTrue(template: Template, context: Record<string, unknown>, world: World): boolean {
  const value = interpolateIfAny(template, context, world)
  if (value === undefined || value === false || value === 0n || value === 0) return false
  if (value instanceof List) return value.length > 0
  if (value instanceof Dict) return value.size > 0
  return !(typeof value === 'string' && ['False', 'false', '{}', '[]', '()', '', '0', '0.0'].includes(value))
}
