import { z } from 'zod'
import { destinationMetricsSchema } from '../../event/edge-metrics.ts'
import { errorSchema, rowSchema, time } from './common.ts'

const destinationSummary = z.object({
  name: z.string(),
  path: z.string().optional().describe('Absent when the stack has it no more.'),
  description: z.string().optional(),
  connector: z.string().optional(),
  syncs: z.array(z.string()).describe('Syncs that send to it.'),
  streams: z.boolean().describe('Its file has an `events` part: events are streamed to it as they come in.'),
  delivery: destinationMetricsSchema.optional().describe('Absent when the collector knows nothing of it, or cannot be asked.'),
})

/** An event that was given up; or a time whose events were, which a replay reads from the warehouse. */
const deadLetter = z.object({
  id: z.string(),
  at: time.describe('When it was given up.'),
  code: z.string(),
  message: z.string(),
  events: z.number(),
  from: time.describe('When the first of its events was received.'),
  to: time,
  messageId: z.string().optional(),
  event: rowSchema.optional(),
})

const whichLetters = z.union([z.literal('all'), z.array(z.string()).min(1).max(10_000)]).describe('Ids of dead letters, or all.')

/** Destinations, and what the collector delivers to them. */
export const destinationMethods = {
  'destination.list': {
    input: z.object({}),
    output: z.object({
      destinations: z.array(destinationSummary),
      edgeError: errorSchema.optional().describe('Why the collector could not be asked.'),
    }),
  },
  'destination.dead': {
    input: z.object({ name: z.string(), limit: z.number().int().min(1).max(500).default(100) }),
    output: z.object({ letters: z.array(deadLetter).describe('The newest first.') }),
  },
  'destination.replay': {
    input: z.object({ name: z.string(), which: whichLetters }),
    output: z.object({ events: z.number().describe('Events that are delivered again.') }),
  },
  'destination.drop': {
    input: z.object({ name: z.string(), which: whichLetters }),
    output: z.object({ events: z.number().describe('Events that are forgotten.') }),
  },
} as const
