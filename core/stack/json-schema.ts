import { z } from 'zod'
import { planSchema } from '../event/plan/plan.ts'
import {
  destinationFileSchema,
  modelConfigSchema,
  sourceFileSchema,
  stackFileSchema,
  syncFileSchema,
  traitFileSchema,
  traitSqlConfigSchema,
  transformConfigSchema,
} from './schema.ts'

/** JSON Schemas (2020-12) of the files of a stack, by the pattern of their paths: for editors, and for whoever generates a stack. */
export function stackJsonSchemas(): Record<string, Record<string, unknown>> {
  const schemas: Record<string, z.ZodType> = {
    'millrace.yaml': stackFileSchema,
    'sources/*.yaml': sourceFileSchema,
    'destinations/*.yaml': destinationFileSchema,
    'transforms/*.ts': transformConfigSchema,
    'models/*.sql': modelConfigSchema,
    'traits/*.yaml': traitFileSchema,
    'traits/*.sql': traitSqlConfigSchema,
    'syncs/*.yaml': syncFileSchema,
    'plans/*.yaml': planSchema,
  }
  return Object.fromEntries(Object.entries(schemas).map(([pattern, schema]) => [pattern, { ...z.toJSONSchema(schema, { io: 'input' }) }]))
}
