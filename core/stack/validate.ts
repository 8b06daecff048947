import type { z } from 'zod'
import type { Resolver } from './resolver.ts'
import type { Problem, Stack } from './stack.ts'

/** What the host has, as far as a stack can refer to it. */
export interface Known {
  /** Connectors of the registry; with their config schema, the files' config is checked too. */
  sources: readonly KnownConnector[]
  destinations: readonly KnownConnector[]
  /** Without it, secrets and variables are not looked up. */
  resolver?: Resolver
}

export interface KnownConnector {
  name: string
  config?: z.ZodType
}

/** What only shows across files: names that lead nowhere, cycles, keys used twice. In the order of the files; without `stack.problems`. */
export function validateStack(_stack: Stack, _known: Known): Problem[] {
  throw new Error('being built')
}
