import type { ErrorData } from '../lib/error.ts'
import type { Progress } from '../lib/progress.ts'
import type { Runtime } from '../lib/runtime.ts'
import type { Stack } from '../stack/stack.ts'
import type { Warehouse } from '../warehouse/port.ts'

export interface TraitBuild {
  stack: Stack
  /** One trait; without it, all. */
  only?: string | undefined
  warehouse: Warehouse
  runtime: Runtime
  /** Counts: `traits`, `built`, `failed`, `entities`. */
  progress?: Progress | undefined
  /** Called as each trait ends. */
  onTrait?: ((outcome: TraitOutcome) => void) | undefined
}

export interface TraitBuildResult {
  status: 'succeeded' | 'partial' | 'failed' | 'cancelled'
  counts: Record<string, number>
  traits: TraitOutcome[]
  /** The first failure. */
  error?: ErrorData
}

export interface TraitOutcome {
  name: string
  path: string
  status: 'built' | 'failed'
  startedAt: number
  endedAt: number
  /** Entities that have a value. */
  entities: number
  error?: ErrorData
}

/**
 * Computes traits into `profiles.traits`, each replaced whole in one step (an entity that fell out is
 * gone, a reader never sees half), and brings `profiles.users` to them. A trait that fails keeps its
 * old values and does not sink the others. Throws `unknown-trait` for `only`.
 */
export async function buildTraits(_build: TraitBuild): Promise<TraitBuildResult> {
  throw new Error('being built')
}
