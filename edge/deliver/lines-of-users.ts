import type { UserIds } from '#core/event/user-ids.ts'

/** The columns of a line of `events.all` that name its user; the previous_id of an alias is of either kind. */

/** SQLite's condition for a table with a column `line`, and what it binds. */
export const lineIsOfUsers = `(
  json_extract(line, '$.user_id') IN (SELECT value FROM json_each(?)) OR json_extract(line, '$.anonymous_id') IN (SELECT value FROM json_each(?))
  OR json_extract(line, '$.previous_id') IN (SELECT value FROM json_each(?))
)`
export function lineIsOfUsersBindings({ userIds, anonymousIds }: UserIds): string[] {
  return [userIds, anonymousIds, [...userIds, ...anonymousIds]].map((ids) => JSON.stringify(ids))
}

/** Tells the lines that are of users. A line is parsed only if it has one of the ids anywhere. */
export function lineFinder({ userIds, anonymousIds }: UserIds): (line: string) => boolean {
  const users = new Set(userIds)
  const anonymous = new Set(anonymousIds)
  const texts = [...userIds, ...anonymousIds].map((id) => JSON.stringify(id))
  return (line) => {
    if (!texts.some((text) => line.includes(text))) return false
    const row = JSON.parse(line) as Record<string, unknown>
    const previous = row['previous_id'] as string
    return (
      users.has(row['user_id'] as string) || anonymous.has(row['anonymous_id'] as string) || users.has(previous) || anonymous.has(previous)
    )
  }
}
