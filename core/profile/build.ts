import { oneBatch } from '../lib/batch.ts'
import { type ErrorData, MillraceError, toMillraceError } from '../lib/error.ts'
import type { Progress } from '../lib/progress.ts'
import type { Runtime } from '../lib/runtime.ts'
import { sqlError } from '../model/compile.ts'
import type { Definition, Stack, TraitDefinition } from '../stack/stack.ts'
import { jsonExpression, jsonSettings } from '../warehouse/json.ts'
import { migrate } from '../warehouse/migrate.ts'
import { queryRows, type Warehouse } from '../warehouse/port.ts'
import { literal, tableIdentifier } from '../warehouse/sql.ts'
import { findTrait } from './find-trait.ts'
import { profileTables, traits as traitsTable, traitTypes } from './tables.ts'
import { compileTrait } from './trait-sql.ts'
import { replaceProfileViews } from './users-view.ts'

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
 * old values and does not sink the others. Throws `unknown-trait` for `only`, and the warehouse's
 * errors where it cannot be worked with at all.
 */
export async function buildTraits(build: TraitBuild): Promise<TraitBuildResult> {
  const { stack, warehouse, runtime } = build
  const wanted = build.only === undefined ? stack.traits : [findTrait(stack, build.only)]
  await migrate(warehouse, profileTables, { signal: runtime.signal })
  const outcomes: TraitOutcome[] = []
  for (const trait of wanted) {
    if (runtime.signal.aborted) break
    const startedAt = runtime.clock.now()
    const end = (rest: Pick<TraitOutcome, 'status' | 'entities'> & { error?: ErrorData }) => {
      const outcome = { name: trait.name, path: trait.path, startedAt, endedAt: runtime.clock.now(), ...rest }
      outcomes.push(outcome)
      build.onTrait?.(outcome)
      build.progress?.(countOutcomes(outcomes, wanted.length))
    }
    try {
      end({ status: 'built', entities: await buildTrait(warehouse, stack, trait, runtime) })
    } catch (thrown) {
      if (runtime.signal.aborted) break
      end({ status: 'failed', entities: 0, error: toMillraceError(thrown).toJSON() })
    }
  }
  const counts = countOutcomes(outcomes, wanted.length)
  if (runtime.signal.aborted) return { status: 'cancelled', counts, traits: outcomes }
  await replaceProfileViews(warehouse, stack, runtime.signal)
  const error = outcomes.find((outcome) => outcome.error !== undefined)?.error
  const status = error === undefined ? 'succeeded' : counts.built === 0 ? 'failed' : 'partial'
  return { status, counts, traits: outcomes, ...(error === undefined ? {} : { error }) }
}

async function buildTrait(warehouse: Warehouse, stack: Stack, trait: Definition<TraitDefinition>, runtime: Runtime): Promise<number> {
  const { signal } = runtime
  const entity = trait.content.trait.entity
  const { sql, type } = await compileTrait(warehouse, stack, trait, signal)
  const computedAt = new Date(runtime.clock.now()).toISOString().replace('Z', '')
  const target = tableIdentifier(traitsTable.name)
  // No trait's own: names begin with a letter.
  const building = tableIdentifier({ database: 'profiles', table: `_building_${entity}_${trait.name}` })
  const partition = `(${literal(entity)}, ${literal(trait.name)})`
  await warehouse.command(`DROP TABLE IF EXISTS ${building}`, { signal })
  try {
    await warehouse.command(`CREATE TABLE ${building} AS ${target}`, { signal })
    const columns = `${literal(entity)}, id, ${literal(trait.name)}, ${jsonExpression('value', type)}, toDateTime64(${literal(computedAt)}, 3, 'UTC')`
    const insert = `INSERT INTO ${building} (entity, id, trait, value, computed_at) SELECT ${columns} FROM (${sql})`
    await warehouse.command(insert, { signal, settings: jsonSettings }).catch((thrown: unknown) => {
      throw sqlError(thrown, { file: trait.path }, trait.content.form === 'sql' ? trait.content : undefined)
    })
    const entities = await countEntities(warehouse, building, trait.path, signal)
    // REPLACE PARTITION refuses an empty source, lest it drop by surprise (ClickHouse 26).
    const change = entities === 0 ? `DROP PARTITION ${partition}` : `REPLACE PARTITION ${partition} FROM ${building}`
    await warehouse.command(`ALTER TABLE ${target} ${change}`, { signal })
    await warehouse.insert(traitTypes.name, oneBatch([{ entity, trait: trait.name, type, entities, computed_at: computedAt }]), { signal })
    return entities
  } finally {
    // Also when cancelled; the next build drops it too, should this fail.
    await warehouse.command(`DROP TABLE IF EXISTS ${building}`).catch(() => undefined)
  }
}

async function countEntities(warehouse: Warehouse, building: string, file: string, signal: AbortSignal): Promise<number> {
  const sql = `SELECT count() AS rows, uniqExact(id) AS ids FROM ${building}`
  const [counted] = await queryRows<{ rows: string; ids: string }>(warehouse, sql, { signal })
  if (counted!.rows === counted!.ids) return Number(counted!.ids)
  const [double] = await queryRows<{ id: string; rows: string }>(
    warehouse,
    `SELECT id, count() AS rows FROM ${building} GROUP BY id HAVING rows > 1 ORDER BY rows DESC, id LIMIT 1`,
    { signal },
  )
  throw new MillraceError({
    code: 'trait-id-not-unique',
    fault: 'config',
    message: `The SELECT returns more than one value for an entity: ${double!.rows} for "${double!.id}".`,
    at: { file },
    mend: 'Return one row an id: GROUP BY it, or take the latest with argMax.',
  })
}

function countOutcomes(outcomes: readonly TraitOutcome[], traits: number): Record<string, number> {
  const built = outcomes.filter(({ status }) => status === 'built')
  return {
    traits,
    built: built.length,
    failed: outcomes.length - built.length,
    entities: built.reduce((sum, { entities }) => sum + entities, 0),
  }
}
