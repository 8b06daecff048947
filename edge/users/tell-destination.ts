import { destinations } from '#core/connector/destination-registry.ts'
import type { EdgeDestination } from '#core/event/edge-config.ts'
import type { UserIds } from '#core/event/user-ids.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import type { Told } from './deletion-store.ts'

/**
 * Has a destination delete users, where its connector can delete `users` (`rows.operations` of its contract). Throws where
 * the tool cannot be asked now. Safe to repeat, as all deliveries of rows are.
 */
export async function tellDestination(
  { name, connector: connectorName, config }: EdgeDestination,
  users: UserIds,
  runtime: Runtime,
): Promise<Told> {
  const told = (outcome: Told['outcome'], message: string): Told => ({ destination: name, connector: connectorName, outcome, message })
  const connector = destinations.find((candidate) => candidate.name === connectorName)
  const { rows } = connector ?? {}
  if (connector === undefined || rows === undefined || !rows.operations.includes('delete')) {
    return told('by-hand', `There is no call by which Millrace deletes users in ${connector?.title ?? connectorName}: do it in the tool.`)
  }
  const settings = connector.config.safeParse(config)
  if (!settings.success) return told('by-hand', `The settings of the destination are not valid: ${settings.error.issues[0]!.message}`)
  const keys = [...users.userIds, ...users.anonymousIds]
  for (let first = 0; first < keys.length; first += rows.limits.batchSize) {
    const batch = keys.slice(first, first + rows.limits.batchSize)
    const outcomes = await rows.deliver(
      settings.data,
      { sync: 'deletion', object: 'users', operation: 'delete', rows: batch.map((key) => ({ key, fields: {} })) },
      runtime,
    )
    for (const outcome of outcomes) {
      if (outcome.status === 'undelivered') throw outcome.error
      if (outcome.status === 'rejected') return told('by-hand', `The tool refused: ${outcome.error.message}`)
    }
  }
  return told('told', 'It was told to delete the users. What else it keeps of them, such as events, is for its own privacy request.')
}
