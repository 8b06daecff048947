import type { Runtime } from '../lib/runtime.ts'
import type { Stack } from '../stack/stack.ts'
import type { Warehouse } from '../warehouse/port.ts'

export interface TraitPreview {
  sql: string
  rows: { id: string; value: unknown }[]
  entities: number
  /** The most frequent values, or ranges of a number. */
  distribution: { value: string; count: number }[]
}

/** Computes a trait without storing it. Throws `unknown-trait`, `invalid-sql` with the trait's file. */
export async function previewTrait(_request: {
  stack: Stack
  name: string
  limit: number
  warehouse: Warehouse
  runtime: Runtime
}): Promise<TraitPreview> {
  throw new Error('being built')
}
