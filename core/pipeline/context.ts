import type { Runtime } from '../lib/runtime.ts'
import type { Warehouse } from '../warehouse/port.ts'
import type { StateStore } from './state.ts'

/** What the stages of one run share. */
export interface RunContext {
  warehouse: Warehouse
  store: StateStore
  sourceName: string
  /** Other sources of the stack whose tables go to the same database. */
  neighbours: readonly string[]
  runId: string
  runtime: Runtime
}
