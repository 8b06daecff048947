import { z } from 'zod'
import { idText } from './schema.ts'

/** What users are told by. An event is of a user when it has the userId, or when it is an alias from it; or when it has the anonymousId. */
export const userIdsSchema = z
  .strictObject({
    userIds: z.array(z.string().min(1).max(1000)).max(1000).default([]).describe('As SDKs send them in userId.'),
    anonymousIds: z
      .array(z.string().min(1).max(1000))
      .max(1000)
      .default([])
      .describe('As SDKs send them in anonymousId: one a browser or app.'),
  })
  .refine(({ userIds, anonymousIds }) => userIds.length + anonymousIds.length > 0, 'names no user')

export type UserIds = z.infer<typeof userIdsSchema>

/** Ids to look events up in. Empty sets are never asked: who has none has no `UserSet`. */
export interface UserSet {
  userIds: ReadonlySet<string>
  anonymousIds: ReadonlySet<string>
}

/** Whether an event is of one of these users. @param raw as it was sent, whatever it is */
export function isOfUsers(raw: unknown, { userIds, anonymousIds }: UserSet): boolean {
  if (typeof raw !== 'object' || raw === null) return false
  const { userId, anonymousId, previousId } = raw as Record<string, unknown>
  if (anonymousIds.size > 0) {
    const id = idText(anonymousId)
    if (id !== undefined && anonymousIds.has(id)) return true
  }
  for (const value of [userId, previousId]) {
    const id = idText(value)
    // The previousId of an alias is either.
    if (id !== undefined && (userIds.has(id) || (value === previousId && anonymousIds.has(id)))) return true
  }
  return false
}
