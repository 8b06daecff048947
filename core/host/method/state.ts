import { z } from 'zod'
import { time } from './common.ts'

export const streamStateSchema = z.object({
  stream: z.string(),
  version: z.number().int().describe('Grows with each commit and change.'),
  state: z.json().describe("The source's own: where its next incremental read begins; null is the beginning."),
  at: time,
})
export type KnownState = z.infer<typeof streamStateSchema>

const of = { source: z.string().describe('Name of an ETL source.') }
const output = z.object({ states: z.array(streamStateSchema) })

/** Where the incremental reads of an ETL source begin. A change is refused while the source runs. */
export const stateMethods = {
  'state.list': { input: z.object({ ...of, stream: z.string().optional().describe('Without it, all that have one.') }), output },
  'state.set': {
    input: z.object({
      ...of,
      states: z.array(z.object({ stream: z.string(), state: z.json() })).min(1),
      ifVersion: z.number().int().optional().describe('Only while each of them still has this version; 0: while it has none.'),
    }),
    output,
  },
  'state.reset': {
    input: z.object({ ...of, stream: z.string().optional().describe('Without it, all that have a state.') }),
    output,
  },
} as const
