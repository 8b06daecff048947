import { z } from 'zod'
import { userIdsSchema } from '../../event/user-ids.ts'
import { errorSchema, time } from './common.ts'

const suppression = z.object({ kind: z.enum(['user', 'anonymous']), id: z.string(), since: time })

export const deletionSchema = z.object({
  id: z.string(),
  users: userIdsSchema,
  requestedAt: time,
  state: z.enum(['waiting', 'deleting', 'waiting-again', 'checking', 'telling', 'done']),
  rows: z.number().describe('Rows of the warehouse that were theirs.'),
  destinations: z.array(
    z.object({
      destination: z.string(),
      connector: z.string(),
      outcome: z.enum(['told', 'by-hand']).describe('by-hand: it has to be done in the tool.'),
      message: z.string(),
    }),
  ),
  doneAt: time.optional(),
  nextAt: time.optional().describe('When it goes on, unless it is done.'),
  failures: z.number(),
  lastError: errorSchema.optional(),
})

/** Users whose events are not to be taken, or are to be deleted. */
export const userMethods = {
  'user.suppress': { input: userIdsSchema, output: z.object({ added: z.number(), count: z.number() }) },
  'user.release': { input: userIdsSchema, output: z.object({ removed: z.number(), count: z.number() }) },
  'user.suppressions': {
    input: z.object({ limit: z.number().int().min(1).max(1000).default(100) }),
    output: z.object({ count: z.number(), suppressions: z.array(suppression) }),
  },
  'user.delete': { input: userIdsSchema, output: z.object({ deletion: deletionSchema }) },
  'user.deletion': { input: z.object({ id: z.string() }), output: z.object({ deletion: deletionSchema }) },
  'user.deletions': {
    input: z.object({ limit: z.number().int().min(1).max(1000).default(100) }),
    output: z.object({ deletions: z.array(deletionSchema) }),
  },
} as const
