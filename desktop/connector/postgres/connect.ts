import { Client, type ClientConfig, type CustomTypesConfig } from 'pg'
import type { PostgresConfig } from './config.ts'
import { toFailure } from './failure.ts'

/** Values stay the text that the server sent; `type.ts` says what they mean. */
export const asText = { getTypeParser: () => (value: unknown) => value }

/** The text of a value must not depend on the server's settings (PostgreSQL docs, "Client Connection Defaults"). */
const session =
  "SET datestyle = 'ISO, MDY'; SET timezone = 'UTC'; SET intervalstyle = 'iso_8601'; SET bytea_output = 'hex'; SET extra_float_digits = 3; SET statement_timeout = 0"

export interface Connection {
  client: Client
  query(text: string, values?: readonly unknown[]): Promise<Record<string, string | null>[]>
  /** Ends it at once, whatever runs. */
  close(): void
}

/** Connects, or throws what is to be mended. An abort of `signal` ends the connection and what runs on it. */
export async function connect(config: PostgresConfig, signal: AbortSignal, replication = false): Promise<Connection> {
  signal.throwIfAborted()
  const client = new Client({
    host: config.host,
    port: config.port,
    database: config.database,
    user: config.user,
    password: config.password,
    ssl: tlsOptions(config),
    connectionTimeoutMillis: config.timeout * 1000,
    keepAlive: true,
    application_name: 'millrace',
    types: asText as unknown as CustomTypesConfig,
    ...(replication ? { replication: 'database' } : {}),
  } as ClientConfig)
  // What breaks while nothing runs is told by the next query.
  client.on('error', () => undefined)
  const close = () => {
    signal.removeEventListener('abort', close)
    streamOf(client).destroy()
  }
  signal.addEventListener('abort', close, { once: true })
  try {
    await client.connect()
    await client.query(session)
  } catch (thrown) {
    close()
    signal.throwIfAborted()
    throw toFailure(thrown, config)
  }
  return {
    client,
    close,
    query: async (text, values) => {
      const result = await client.query<Record<string, string | null>>(text, values === undefined ? undefined : [...values])
      return result.rows
    },
  }
}

/** `work` with a connection of its own. */
export async function withConnection<Value>(
  config: PostgresConfig,
  signal: AbortSignal,
  work: (connection: Connection) => Promise<Value>,
): Promise<Value> {
  const connection = await connect(config, signal)
  try {
    return await work(connection)
  } catch (thrown) {
    signal.throwIfAborted()
    throw toFailure(thrown, config)
  } finally {
    connection.close()
  }
}

/** The wire below a client, which `pg` does not type: for COPY BOTH, and for an end without a handshake. */
export interface Wire extends NodeJS.EventEmitter {
  stream: { destroy(): void; pause(): void; resume(): void }
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

export function wireOf(client: Client): Wire {
  return (client as unknown as { connection: Wire }).connection
}

function streamOf(client: Client) {
  return wireOf(client).stream
}

/** PostgreSQL docs, "SSL Mode Descriptions". */
function tlsOptions({ ssl, ca }: PostgresConfig): ClientConfig['ssl'] {
  switch (ssl) {
    case 'disable':
      return false
    case 'require':
      return { rejectUnauthorized: false }
    case 'verify-ca':
      return { ...(ca === undefined ? {} : { ca }), checkServerIdentity: () => undefined }
    case 'verify-full':
      return ca === undefined ? {} : { ca }
  }
}

/** A name within SQL. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
