import type { EdgeConfig } from '../event/edge-config.ts'
import type { Resolver } from './resolver.ts'
import type { Stack } from './stack.ts'

/** What `millrace publish` sends to the collector: the sdk and webhook sources, secrets resolved. Throws as `resolveConfig`. */
export function edgeConfig(_stack: Stack, _resolver: Resolver): EdgeConfig {
  throw new Error('being built')
}
