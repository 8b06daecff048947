import { queryRows, type Warehouse } from '#core/warehouse/port.ts'

export interface ComputedTrait {
  computedAt: number
  /** How many have a value. */
  entities: number
}

/** When each trait was computed last, and how many have it. */
export async function computedTraits(warehouse: Warehouse, signal: AbortSignal): Promise<Map<string, ComputedTrait>> {
  const rows = await queryRows<{ trait: string; entities: string; at: string }>(
    warehouse,
    'SELECT trait, entities, toUnixTimestamp64Milli(computed_at) AS at FROM profiles.trait_types FINAL',
    { signal },
  )
  return new Map(rows.map((row) => [row.trait, { computedAt: Number(row.at), entities: Number(row.entities) }]))
}
