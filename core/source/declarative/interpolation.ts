import { MillraceError } from '../../lib/error.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { World } from './expression/macro.ts'
import { ExpressionError } from './expression/problem.ts'
import { compileTemplate, interpolate, isConditionTrue, renderTemplate, type Template } from './expression/template.ts'
import { toText } from './expression/text.ts'
import { List, toJson, type Value } from './expression/value.ts'

export type Context = Record<string, unknown>

/** Evaluates the expressions of one manifest with one configuration; each is parsed once. */
export class Interpolation {
  readonly config: JsonObject
  private readonly base: Context
  private readonly world: World
  private readonly templates = new Map<string, Template>()

  constructor(config: JsonObject, world: World) {
    this.config = config
    this.base = { config }
    this.world = world
  }

  /** The value by the CDK's rule: rendered, then read as a literal; null for nothing. */
  value(source: string, parameters: JsonObject, context: Context = {}): Value {
    return this.run(source, (template) => (template.plain ? source : interpolate(template, this.context(parameters, context), this.world)))
  }

  /** The value as JSON, for records and bodies. A plain text is read as a literal too, as the CDK does. */
  json(source: string, parameters: JsonObject, context: Context = {}): Json {
    return this.run(source, (template) => toJson(interpolate(template, this.context(parameters, context), this.world)))
  }

  /** What the template renders, without literal evaluation. */
  text(source: string, parameters: JsonObject, context: Context = {}): string {
    return this.run(source, (template) =>
      template.plain ? source : renderTemplate(template, this.context(parameters, context), this.world),
    )
  }

  condition(source: string, parameters: JsonObject, context: Context = {}): boolean {
    return this.run(source, (template) => isConditionTrue(template, this.context(parameters, context), this.world))
  }

  /** A request parameter or form field: a text, a list of texts, or undefined when it is to be left out. */
  parameter(source: string, parameters: JsonObject, context: Context): string | string[] | undefined {
    return this.run(source, (template) => {
      if (template.plain) return source === '' ? undefined : source
      const full = this.context(parameters, context)
      const value = interpolate(template, full, this.world)
      if (value instanceof List) return value.items.map((item) => toText(item))
      if (value === null && renderedNothing(template, full, this.world)) return undefined
      return renderTemplate(template, full, this.world)
    })
  }

  private context(parameters: JsonObject, context: Context): Context {
    return { ...this.base, parameters, ...context }
  }

  private run<Result>(source: string, work: (template: Template) => Result): Result {
    try {
      let template = this.templates.get(source)
      if (template === undefined) {
        template = compileTemplate(source)
        this.templates.set(source, template)
      }
      return work(template)
    } catch (thrown) {
      if (!(thrown instanceof ExpressionError)) throw thrown
      throw new MillraceError({
        code: 'expression-failed',
        fault: 'config',
        message: `The expression "${source}" cannot be evaluated: ${thrown.message}.`,
        mend: "Check the manifest, and the source's config that the expression reads.",
        cause: thrown,
      })
    }
  }
}

/** Tells a rendered "None" from nothing at all. */
function renderedNothing(template: Template, context: Context, world: World): boolean {
  try {
    return renderTemplate(template, context, world) === ''
  } catch (thrown) {
    if (thrown instanceof ExpressionError && thrown.kind === 'undefined') return true
    throw thrown
  }
}
