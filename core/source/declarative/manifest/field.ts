import { z } from 'zod'

/** Fields that many components have. */

export const json = z.json()
/** A text or an expression; numbers and booleans stand where YAML reads a text as one. */
export const text = z.union([z.string(), z.number(), z.boolean()]).transform(String)
/** A number, or an expression that makes one. */
export const amount = z.union([z.number(), z.string()])
export const parameters = { $parameters: z.record(z.string(), json).default({}) }
/** A mapping whose keys and values may be expressions, or one expression that makes it. */
export const mapping = z.union([z.string(), z.record(z.string(), json)])
