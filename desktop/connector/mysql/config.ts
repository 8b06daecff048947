import { z } from 'zod'
import { cursorsField } from '../cursor-setting.ts'

export const mysqlConfigSchema = z
  .strictObject({
    host: z.string().min(1).describe('Name or address of the server.'),
    port: z.int().min(1).max(65_535).default(3306).describe('Its port.'),
    database: z.string().min(1).describe('Database to read.'),
    user: z
      .string()
      .min(1)
      .describe(
        'User to connect as. It needs SELECT on the tables; to follow the binary log REPLICATION SLAVE and REPLICATION CLIENT too, and with MySQL LOCK TABLES.',
      ),
    password: z.string().default('').meta({ secret: true }).describe('Its password: ${secret:MYSQL_PASSWORD}'),
    ssl: z
      .enum(['disable', 'require', 'verify-ca', 'verify-full'])
      .default('require')
      .describe(
        "disable: unencrypted. require: encrypted, whoever answers. verify-ca: the server's certificate must be signed by a known authority. verify-full: and be made out to this host, by name.",
      ),
    ca: z
      .string()
      .meta({ file: true })
      .optional()
      .describe(
        "Certificate of the authority that signed the server's, as PEM. In a source file: its path. Without it, those that Node trusts.",
      ),
    cursors: cursorsField,
    replication: z
      .enum(['none', 'binlog'])
      .default('none')
      .describe(
        'binlog: incremental reads follow the binary log, so that every change and every delete is told; the server needs binlog_format = ROW and binlog_row_metadata = FULL.',
      ),
    timeout: z.number().positive().max(600).default(30).describe('Seconds to wait for a connection.'),
  })
  .describe('Reads tables and views of a MySQL (5.7 or newer) or MariaDB (10.5 or newer) database, and follows their changes.')

export type MysqlConfig = z.infer<typeof mysqlConfigSchema>
