import { z } from 'zod'

/** A name in the stack: a file's stem, also a table or column of the warehouse. */
export const nameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be snake_case: a lower-case letter, then lower-case letters, digits and _ (at most 63)')
