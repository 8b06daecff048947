/** A JSON Schema as data (`json-schema.ts` says which). */
export type JsonSchema = boolean | JsonSchemaObject
export type JsonSchemaObject = Record<string, unknown>
