import { z } from 'zod'
import type { EdgeTransform } from '#core/event/edge-config.ts'

/** What a transform is asked: JSON, see `guest.js`. */
export type Input = string

export const linesSchema = z.array(z.tuple([z.string(), z.string()])).max(100)
export const errorSchema = z.object({ message: z.string(), stack: z.string().optional() })

export type LogLine = z.infer<typeof linesSchema>[number]

/** What came of one call of a transform. */
export type Ran =
  | { kind: 'done'; result: string; logs: LogLine[] }
  | { kind: 'failed'; message: string; stack?: string | undefined; logs: LogLine[] }
  /** It took longer than it may: in time, or in CPU time. */
  | { kind: 'timeout' }

/** Runs a transform. Rejects only when there is no sandbox now. */
export type Sandbox = (transform: EdgeTransform, input: Input) => Promise<Ran>
