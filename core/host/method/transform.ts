import { z } from 'zod'
import { rowSchema } from './common.ts'

/** Transforms. */
export const transformMethods = {
  'transform.list': {
    input: z.object({}),
    output: z.object({
      transforms: z.array(
        z.object({
          name: z.string(),
          path: z.string(),
          description: z.string().optional(),
          sources: z.array(z.string()).describe('Sources whose events go through it.'),
          fetch: z.array(z.string()).describe('Hosts that it may send requests to.'),
          timeout: z.number().optional().describe('Milliseconds that a batch may take; absent when the file cannot be read.'),
          hash: z.string().optional().describe('Its version; absent when the file is broken: `stack.get` says how.'),
        }),
      ),
    }),
  },
  'transform.test': {
    input: z.object({
      name: z.string(),
      text: z.string().optional().describe('The file as it is in an editor; without it, as it is saved.'),
      events: z.array(rowSchema).max(1000).optional().describe('Events as a sender would send them.'),
      sql: z.string().optional().describe('A SELECT of rows of events.all. Without either: the newest events of its sources.'),
      source: z.string().optional().describe('The newest events of this source instead; the source of `events`.'),
      limit: z.number().int().min(1).max(1000).default(100),
    }),
    output: z.object({
      hash: z.string(),
      results: z.array(
        z.object({
          source: z.string(),
          before: rowSchema.describe('As the transform is given it.'),
          after: z.array(rowSchema).describe('What it makes of it; nothing when it is dropped.'),
          rejected: z.object({ reason: z.string(), message: z.string() }).optional().describe('Why the event would be rejected.'),
        }),
      ),
      logs: z.array(z.tuple([z.string(), z.string()])).describe('What it logged: level and text.'),
      elapsed: z.number().describe('Milliseconds that it took for all batches, with the start of its isolate.'),
    }),
  },
} as const
