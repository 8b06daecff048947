import { MillraceError, type Place } from '../lib/error.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { Resolver } from './resolver.ts'
import type { StackFile } from './schema.ts'

/** `${secret:NAME}` or `${var:name}` in a string of the stack. */
export interface Placeholder {
  kind: 'secret' | 'var'
  name: string
}

const pattern = /\$\{(secret|var):([^}]*)\}/g

/** The placeholders of a string, in order. */
export function placeholders(text: string): Placeholder[] {
  return [...text.matchAll(pattern)].map(([, kind, name]) => ({ kind: kind as Placeholder['kind'], name: name!.trim() }))
}

/** Applies `change` to every string inside a value; paths are keys with dots. */
export function mapStrings<Value>(value: Value, change: (text: string, path: string) => string, path = ''): Value {
  const inner = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`)
  if (typeof value === 'string') return change(value, path) as Value
  if (Array.isArray(value)) return value.map((item, index) => mapStrings(item, change, inner(index))) as Value
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change, inner(key))])) as Value
  }
  return value
}

/** The text with its placeholders replaced by what `lookup` gives. */
export function replacePlaceholders(text: string, lookup: (placeholder: Placeholder) => string): string {
  return text.replaceAll(pattern, (_, kind: Placeholder['kind'], name: string) => lookup({ kind, name: name.trim() }))
}

/**
 * `config` with every `${secret:NAME}` and `${var:name}` in its strings replaced. Throws
 * `unknown-secret` or `unknown-variable` (config) at `place`; no value of a secret is in an error.
 */
export function resolveConfig<Config>(config: Config, resolver: Resolver, place: Place): Config {
  return mapStrings(config, (text, path) =>
    replacePlaceholders(text, (placeholder) => {
      const value = placeholder.kind === 'secret' ? resolver.secret(placeholder.name) : resolver.variable(placeholder.name)
      if (value !== undefined) return value
      throw unknownPlaceholder(placeholder, { ...place, field: [place.field, path].filter(Boolean).join('.') })
    }),
  )
}

export function unknownPlaceholder({ kind, name }: Placeholder, at: Place): MillraceError {
  return new MillraceError({
    code: kind === 'secret' ? 'unknown-secret' : 'unknown-variable',
    fault: 'config',
    message: kind === 'secret' ? `There is no secret "${name}".` : `There is no variable "${name}".`,
    at,
    mend:
      kind === 'secret'
        ? `Add the secret ${name} in the studio, or set it in the environment of the host.`
        : `Add ${name} to "variables" in millrace.yaml.`,
  })
}

/** The variables of a stack, those of `environment` over the others. Throws `unknown-environment`. */
export function stackVariables(file: StackFile, environment?: string): Record<string, string> {
  if (environment === undefined) return file.variables
  const chosen = Object.hasOwn(file.environments, environment) ? file.environments[environment] : undefined
  if (chosen === undefined) {
    throw new MillraceError({
      code: 'unknown-environment',
      fault: 'config',
      message: `There is no environment "${environment}" in millrace.yaml.`,
      at: { file: 'millrace.yaml', field: 'environments' },
      mend: didYouMean(environment, Object.keys(file.environments), 'environments'),
    })
  }
  return { ...file.variables, ...chosen.variables }
}

/**
 * The resolver of a stack: its variables, overridden by those of `environment`, and the host's secrets.
 * Throws `unknown-environment`.
 */
export function stackResolver(
  file: StackFile,
  options: { environment?: string | undefined; secret: (name: string) => string | undefined },
): Resolver {
  const variables = stackVariables(file, options.environment)
  return {
    secret: options.secret,
    variable: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
  }
}
