import { z } from 'zod'

/** PostgreSQL docs, "Replication Slots": lower-case letters, numbers, and the underscore. */
const slotName = z.string().regex(/^[a-z0-9_]{1,63}$/, 'lower-case letters, digits and underscores, 63 at most')

export const postgresConfigSchema = z
  .strictObject({
    host: z.string().min(1).describe('Name or address of the server.'),
    port: z.int().min(1).max(65_535).default(5432).describe('Its port.'),
    database: z.string().min(1).describe('Database to read.'),
    user: z.string().min(1).describe('Role to connect as. It needs SELECT on the tables, and REPLICATION for logical replication.'),
    password: z.string().default('').meta({ secret: true }).describe('Its password: ${secret:POSTGRES_PASSWORD}'),
    ssl: z
      .enum(['disable', 'require', 'verify-ca', 'verify-full'])
      .default('require')
      .describe(
        "disable: unencrypted. require: encrypted, whoever answers. verify-ca: the server's certificate must be signed by a known authority. verify-full: and be made out to this host.",
      ),
    ca: z
      .string()
      .meta({ file: true })
      .optional()
      .describe(
        "Certificate of the authority that signed the server's, as PEM. In a source file: its path. Without it, those the system trusts.",
      ),
    schemas: z
      .array(z.string().min(1))
      .min(1)
      .default(['public'])
      .describe('Schemas whose tables and views are read. Streams of other schemas than public are named schema.table.'),
    cursors: z
      .record(z.string(), z.string())
      .default({})
      .describe(
        'Stream → column that grows with every change of a row, for incremental reads without replication. Without it: updated_at and its like. A change that is committed after later ones were read is missed; replication misses none.',
      ),
    replication: z
      .enum(['none', 'logical'])
      .default('none')
      .describe(
        'logical: incremental reads follow the write-ahead log, so that every change and every delete is told; the server needs wal_level = logical.',
      ),
    slot: slotName.default('millrace').describe('Replication slot of this source alone. It makes the server keep what was not yet read.'),
    publication: z.string().min(1).max(63).default('millrace').describe('Publication with the tables to follow.'),
    manage: z
      .boolean()
      .default(true)
      .describe('Create slot and publication when they are absent, and add tables to the publication. Otherwise an error tells the SQL.'),
    chunk_size: z.int().min(1).max(1_000_000).default(10_000).describe('Rows a query reads at most while a whole table is read.'),
    timeout: z.number().positive().max(600).default(30).describe('Seconds to wait for a connection.'),
  })
  .describe('Reads tables and views of a PostgreSQL database (12 or newer), and follows their changes.')

export type PostgresConfig = z.infer<typeof postgresConfigSchema>
