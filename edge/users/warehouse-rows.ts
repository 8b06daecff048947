import { migrateEvents } from '#core/event/refresh-views.ts'
import { allTable, rejectedTable } from '#core/event/tables.ts'
import type { UserIds } from '#core/event/user-ids.ts'
import { MillraceError } from '#core/lib/error.ts'
import { queryRows, type Warehouse } from '#core/warehouse/port.ts'
import { literal, tableIdentifier } from '#core/warehouse/sql.ts'

/** What became of users' rows. `gone`: there are none. `going`: ClickHouse is at it; `found` is how many there were when it was asked. */
export interface Removal {
  gone: boolean
  found: number
}

/**
 * Has ClickHouse remove all rows of users, or tells that it has. By a mutation, which rewrites the parts that have such
 * rows: a lightweight DELETE leaves them on the disk until some merge (ClickHouse docs: "The Lightweight DELETE
 * Statement"). It runs in the background, so this is to be asked again until they are gone.
 */
export async function removeRows(warehouse: Warehouse, users: UserIds): Promise<Removal> {
  await migrateEvents(warehouse)
  const removal: Removal = { gone: true, found: 0 }
  for (const [table, condition] of [
    [allTable, ofEvents(users)],
    [rejectedTable, ofRejected(users)],
  ] as const) {
    const name = tableIdentifier(table.name)
    const [counted] = await queryRows<{ rows: string }>(warehouse, `SELECT count() AS rows FROM ${name} WHERE ${condition}`)
    if (counted!.rows === '0') continue
    removal.gone = false
    const [pending] = await queryRows<{ count: string; reason: string }>(
      warehouse,
      `SELECT count() AS count, max(latest_fail_reason) AS reason FROM system.mutations
       WHERE database = ${literal(table.name.database)} AND table = ${literal(table.name.table)} AND NOT is_done AND startsWith(trimLeft(command, '('), 'DELETE')`,
    )
    if (pending!.reason !== '') throw stuck(pending!.reason)
    if (pending!.count !== '0') continue
    await warehouse.command(`ALTER TABLE ${name} DELETE WHERE ${condition}`, { settings: { mutations_sync: 0 } })
    removal.found += Number(counted!.rows)
  }
  return removal
}

function ofEvents({ userIds, anonymousIds }: UserIds): string {
  return [isOneOf('user_id', userIds), isOneOf('anonymous_id', anonymousIds), isOneOf('previous_id', [...userIds, ...anonymousIds])]
    .filter((condition) => condition !== undefined)
    .join(' OR ')
}

/** The fields of a payload that name its user, in an event as sent and in a row that the warehouse refused. */
const idFields = ['userId', 'user_id', 'anonymousId', 'anonymous_id', 'previousId', 'previous_id']
/** Words that one call of multiSearchAny looks for: fewer than 2^8 (docs: multiSearchAny). */
const mostWords = 250

/** A payload may be anything, and cut off: one that has an id as a string anywhere is taken for theirs, and one that has it as a number where ids are. */
function ofRejected({ userIds, anonymousIds }: UserIds): string {
  const ids = [...userIds, ...anonymousIds]
  const words = ids.map((id) => literal(JSON.stringify(id)))
  const searches = Array.from({ length: Math.ceil(words.length / mostWords) }, (_, index) => {
    return `multiSearchAny(payload, [${words.slice(index * mostWords, (index + 1) * mostWords).join(', ')}])`
  })
  const numbers = ids.filter((id) => /^-?\d+(?:\.\d+)?$/.test(id))
  return [...searches, ...idFields.map((field) => isOneOf(`JSONExtractRaw(payload, '${field}')`, numbers))]
    .filter((condition) => condition !== undefined)
    .join(' OR ')
}

function isOneOf(expression: string, ids: readonly string[]): string | undefined {
  return ids.length === 0 ? undefined : `${expression} IN (${ids.map(literal).join(', ')})`
}

function stuck(reason: string): MillraceError {
  return new MillraceError({
    code: 'mutation-failed',
    fault: 'system',
    retryable: true,
    message: `ClickHouse cannot remove the rows: ${reason.slice(0, 1000)}`,
    mend: 'See system.mutations; KILL MUTATION ends one that cannot succeed, and it is tried anew.',
  })
}
