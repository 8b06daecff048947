/** What of JSON Schema (as zod writes it, and manifests' specs) settings are drawn from. */
export interface SettingSchema {
  type?: string | string[]
  description?: string
  title?: string
  default?: unknown
  const?: unknown
  enum?: unknown[]
  examples?: unknown[]
  format?: string
  minimum?: number
  properties?: Record<string, SettingSchema>
  required?: string[]
  items?: SettingSchema
  oneOf?: SettingSchema[]
  anyOf?: SettingSchema[]
  secret?: boolean
  airbyte_secret?: boolean
}

const width = 110

/**
 * The settings of an object as lines of YAML. Each has what it is as a comment before it; one that may be left out is
 * commented out as `#name: value`, without the space that prose has after its #. `secretName` makes the name that a secret
 * is asked for by. `given` are values that are known.
 */
export function settingsLines(
  schema: SettingSchema,
  secretName: (path: readonly string[]) => string,
  given: Record<string, unknown> = {},
  path: readonly string[] = [],
): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, setting]) => {
    const own = [...path, name]
    const lines = settingLines(name, setting, secretName, given[name], own)
    const isNeeded = given[name] !== undefined || schema.required?.includes(name) === true
    return [...commentLines(describe(setting)), ...(isNeeded ? lines : lines.map((line) => `#${line}`))]
  })
}

function settingLines(
  name: string,
  setting: SettingSchema,
  secretName: (path: readonly string[]) => string,
  given: unknown,
  path: readonly string[],
): string[] {
  if (given !== undefined && !isObject(given)) return [`${key(name)}: ${scalar(given)}`]
  const shape = alternative(setting)
  if (shape.properties !== undefined && shape.default === undefined) {
    const inner = settingsLines(shape, secretName, isObject(given) ? given : {}, path)
    const isActive = inner.some((line) => !line.trimStart().startsWith('#'))
    return [isActive ? `${key(name)}:` : `${key(name)}: {}`, ...inner.map((line) => `  ${line}`)]
  }
  const isText = [shape.type ?? 'string'].flat()[0] === 'string'
  if (isText && (shape.secret === true || shape.airbyte_secret === true)) return [`${key(name)}: \${secret:${secretName(path)}}`]
  return [`${key(name)}: ${scalar(sample(shape))}`]
}

/** What it is; what it is without it, and what it may be. */
function describe(setting: SettingSchema): string {
  const shape = alternative(setting)
  const text = (setting.description ?? setting.title ?? '').trim()
  const choices = shape.enum === undefined ? '' : ` One of ${shape.enum.map((choice) => scalar(choice)).join(', ')}.`
  const others = (setting.oneOf ?? setting.anyOf ?? []).filter((other) => other !== shape && other.properties !== undefined)
  const instead = others.length === 0 ? '' : ` Instead of these, also: ${others.map(nameOf).join('; ')}.`
  const fallback = setting.default === undefined || isObject(setting.default) ? '' : ` Without it: ${scalar(setting.default)}.`
  return `${text}${choices}${instead}${fallback}`.trim()
}

/** Of several shapes, the first that has settings of its own, else the first. */
function alternative(setting: SettingSchema): SettingSchema {
  const shapes = setting.oneOf ?? setting.anyOf
  if (shapes === undefined || shapes.length === 0) return setting
  const chosen = (setting.oneOf === undefined ? undefined : shapes.find(({ properties }) => properties !== undefined)) ?? shapes[0]!
  return setting.secret === true ? { ...chosen, secret: true } : chosen
}

/** `method: basic (user, password)`: the values that tell a shape from others, and its settings. */
function nameOf(shape: SettingSchema): string {
  const properties = Object.entries(shape.properties ?? {})
  const constants = properties.filter(([, { const: value }]) => value !== undefined)
  const rest = properties.filter(([, { const: value }]) => value === undefined).map(([name]) => name)
  return [
    constants.map(([name, { const: value }]) => `${name}: ${scalar(value)}`).join(', '),
    rest.length === 0 ? '' : `(${rest.join(', ')})`,
  ]
    .filter(Boolean)
    .join(' ')
}

function sample(shape: SettingSchema): unknown {
  if (shape.const !== undefined) return shape.const
  if (shape.default !== undefined) return shape.default
  if (shape.enum !== undefined) return shape.enum[0]
  if (shape.examples?.[0] !== undefined) return shape.examples[0]
  const type = [shape.type ?? 'string'].flat()[0]
  if (type === 'integer' || type === 'number') return shape.minimum ?? 0
  if (type === 'boolean') return false
  if (type === 'array') return shape.items?.properties === undefined ? [] : [required(shape.items)]
  if (type === 'object') return {}
  return shape.format === 'uri' ? 'https://example.com' : ''
}

function required(shape: SettingSchema): Record<string, unknown> {
  const names = shape.required ?? []
  return Object.fromEntries(
    Object.entries(shape.properties ?? {}).flatMap(([name, inner]) => (names.includes(name) ? [[name, sample(inner)]] : [])),
  )
}

/** A comment, broken between words. */
export function commentLines(text: string): string[] {
  const lines: string[] = []
  let line = '#'
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line.length + word.length >= width && line !== '#') {
      lines.push(line)
      line = '#'
    }
    line += ` ${word}`
  }
  return line === '#' ? lines : [...lines, line]
}

/** JSON is YAML; a plain word needs no quotes. */
function scalar(value: unknown): string {
  const isPlain = typeof value === 'string' && /^[A-Za-z_][\w./-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
  return isPlain ? value : JSON.stringify(value)
}

function key(name: string): string {
  return scalar(name)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
