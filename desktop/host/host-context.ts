import type { Clock, Log } from '#core/lib/runtime.ts'
import type { StateStore } from '#core/pipeline/state.ts'
import type { StackFiles } from '#core/stack/stack.ts'
import type { ClickHouseWarehouse } from './clickhouse.ts'
import type { EdgeAddress } from './edge-address.ts'
import type { Runner } from './runner.ts'
import type { RunStore } from './run-store.ts'
import type { StackView } from './stack-view.ts'
import type { Tails } from './tails.ts'
import type { Vaults } from './vault.ts'

/** What the handlers of the contract work with. */
export interface HostContext {
  folder: string
  files: StackFiles
  view: () => StackView
  vaults: Vaults
  warehouse: ClickHouseWarehouse
  warehouseUrl: string
  edge: EdgeAddress | undefined
  tails: Tails
  /** Brings the warehouse to the platform's tables. */
  tables: () => Promise<void>
  runner: Runner
  store: RunStore
  /** Cursors of ETL streams. */
  state: StateStore
  /** Names of sources and destinations that the demo plays. */
  simulated: ReadonlySet<string>
  fetch: typeof fetch
  clock: Clock
  random: () => number
  log: Log
  /** Aborts when the host ends. */
  signal: AbortSignal
}
