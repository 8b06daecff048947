import { z } from 'zod'

export const placeSchema = z.object({
  file: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
  field: z.string().optional(),
})

export const errorSchema = z.object({
  code: z.string(),
  fault: z.enum(['config', 'transient', 'system']),
  message: z.string(),
  retryable: z.boolean(),
  at: placeSchema.optional(),
  mend: z.string().optional(),
})

export const time = z.number().describe('Milliseconds since the epoch.')
export const rowSchema = z.record(z.string(), z.unknown())
