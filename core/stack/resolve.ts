import type { Place } from '../lib/error.ts'
import type { Resolver } from './resolver.ts'
import type { StackFile } from './schema.ts'

/**
 * `config` with every `${secret:NAME}` and `${var:name}` in its strings replaced. Throws
 * `unknown-secret` or `unknown-variable` (config) at `place`; no value of a secret is in an error.
 */
export function resolveConfig<Config>(_config: Config, _resolver: Resolver, _place: Place): Config {
  throw new Error('being built')
}

/**
 * The resolver of a stack: its variables, overridden by those of `environment`, and the host's secrets.
 * Throws `unknown-environment`.
 */
export function stackResolver(
  _file: StackFile,
  _options: { environment?: string | undefined; secret: (name: string) => string | undefined },
): Resolver {
  throw new Error('being built')
}
