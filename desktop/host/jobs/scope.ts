import { destinations } from '#core/connector/destination-registry.ts'
import type { StateStore } from '#core/pipeline/state.ts'
import type { StackFiles } from '#core/stack/stack.ts'
import type { Warehouse } from '#core/warehouse/port.ts'
import { sources } from '#desktop/connector/registry.ts'
import type { JobWork } from '../runner.ts'
import type { StackView } from '../stack-view.ts'
import type { Vaults } from '../vault.ts'

/** A job that has begun: with the stack as it was then. */
export interface JobScope extends JobWork {
  view: StackView
  files: StackFiles
  /** The stack's, absolute. */
  folder: string
  warehouse: Warehouse
  state: StateStore
  vaults: Vaults
}

/** Where jobs find their connectors. */
export const connectors = { sources, destinations }
