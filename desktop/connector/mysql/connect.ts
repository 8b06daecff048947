import type { Readable } from 'node:stream'
import mysql from 'mysql2'
import { cancelled, MillraceError } from '#core/lib/error.ts'
import type { MysqlConfig } from './config.ts'

export interface Session {
  isMariaDb: boolean
  /** Whether the server's version is this one or newer. */
  isAtLeast(major: number, minor: number): boolean
  /** The answer's rows, each an object. Only for small answers. */
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** The answer's rows as they come, each a list of values. */
  stream(sql: string): AsyncIterable<unknown[]>
  close(): void
}

/** How the driver reads values, of answers and of the binary log alike: all that JavaScript would round is text. */
export function connectionOptions(config: MysqlConfig): mysql.ConnectionOptions {
  return {
    host: config.host,
    port: config.port,
    database: config.database,
    user: config.user,
    password: config.password,
    connectTimeout: config.timeout * 1000,
    charset: 'utf8mb4_general_ci',
    supportBigNumbers: true,
    dateStrings: true,
    jsonStrings: true,
    timezone: 'Z',
    ...(config.ssl === 'disable' ? {} : { ssl: tlsOptions(config) }),
  }
}

function tlsOptions({ ssl, ca }: MysqlConfig): mysql.SslOptions {
  return { rejectUnauthorized: ssl !== 'require', verifyIdentity: ssl === 'verify-full', ...(ca === undefined ? {} : { ca }) }
}

/** A connection for reading, in UTC. */
export async function openSession(config: MysqlConfig, signal: AbortSignal): Promise<Session> {
  signal.throwIfAborted()
  const connection = mysql.createConnection(connectionOptions(config))
  // Without a statement at work the driver tells the connection alone, and never a stream that is begun after that.
  let lost: Error | undefined
  let reading: Readable | undefined
  connection.on('error', (error: Error) => {
    lost = error
    reading?.destroy(error)
  })
  const abort = () => connection.destroy()
  signal.addEventListener('abort', abort, { once: true })
  const explained = (thrown: unknown) => (signal.aborted ? cancelled('The read was cancelled.', thrown) : mysqlError(thrown, config))

  const query = <Row>(sql: string, values: readonly unknown[] = []) =>
    new Promise<Row[]>((resolve, reject) => {
      connection.query(sql, [...values], (error, rows) => (error === null ? resolve(rows as Row[]) : reject(explained(error))))
    })
  async function* stream(sql: string): AsyncGenerator<unknown[]> {
    try {
      if (lost !== undefined) throw lost
      reading = connection.query({ sql, rowsAsArray: true }).stream({ highWaterMark: 500 })
      yield* reading as AsyncIterable<unknown[]>
    } catch (thrown) {
      throw explained(thrown)
    }
  }
  const close = () => {
    signal.removeEventListener('abort', abort)
    connection.destroy()
  }
  try {
    // The server's own sql_mode may make "||" and quotes mean something else.
    await query(`SET time_zone = '+00:00', sql_mode = ''`)
    const [{ version } = { version: '' }] = await query<{ version: string }>('SELECT VERSION() AS version')
    const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
    const isAtLeast = (thatMajor: number, thatMinor: number) => major > thatMajor || (major === thatMajor && minor >= thatMinor)
    return { isMariaDb: /mariadb/i.test(version), isAtLeast, query, stream, close }
  } catch (thrown) {
    close()
    throw thrown
  }
}

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

interface DriverError {
  code?: string
  errno?: number
  message: string
}

/** What the driver threw, as a failure that says what to do (MySQL and MariaDB manuals, "Server Error Message Reference"). */
export function mysqlError(thrown: unknown, config: MysqlConfig): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  const { code = '', errno, message } = thrown as DriverError
  const where = `${config.host}:${config.port}`
  const failure = (name: string, text: string, mend: string) =>
    new MillraceError({ code: name, fault: 'config', message: text, mend, cause: thrown })
  switch (code) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR':
    case 'ER_NOT_SUPPORTED_AUTH_MODE':
      return failure('database-auth', `${where} refuses the user ${config.user} or the password.`, 'Correct user and password.')
    case 'ER_BAD_DB_ERROR':
      return failure('no-such-database', `There is no database ${config.database} at ${where}.`, 'Correct database.')
    case 'ER_DBACCESS_DENIED_ERROR':
    case 'ER_TABLEACCESS_DENIED_ERROR':
    case 'ER_COLUMNACCESS_DENIED_ERROR':
    case 'ER_VIEW_INVALID':
      return failure(
        'no-privilege',
        `${message}.`,
        `Let an administrator run: GRANT ${config.replication === 'none' ? 'SELECT' : 'SELECT, LOCK TABLES'} ON ${config.database}.* TO '${config.user}'.`,
      )
    case 'ER_SPECIFIC_ACCESS_DENIED_ERROR':
      return failure(
        'no-privilege',
        `${message}.`,
        `Let an administrator run: GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO '${config.user}'.`,
      )
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return failure(
        'no-tls',
        `${where} does not encrypt connections.`,
        'Set up TLS at the server, or set ssl: disable where the network is safe.',
      )
    case 'ER_HOST_NOT_PRIVILEGED':
    case 'ER_HOST_IS_BLOCKED':
      return failure('database-auth', `${message}.`, 'Let the server accept connections of this machine.')
  }
  if (isCertificateFault(code, message)) {
    return failure(
      'untrusted-certificate',
      `The certificate of ${where} is not trusted: ${message}.`,
      'Name its authority under ca, or set ssl: require.',
    )
  }
  // Of the server itself (1000 to 4999) and a passing one: too many connections, shutdown, lock wait, deadlock, killed.
  if (errno !== undefined && errno >= 1000 && errno < 5000 && ![1040, 1053, 1205, 1213, 1317, 1927].includes(errno)) {
    return new MillraceError({ code: 'database-error', fault: 'system', message: `${where}: ${message}`, cause: thrown })
  }
  return new MillraceError({
    code: 'database-unreachable',
    fault: 'transient',
    message: `${where} does not answer: ${message || code}`,
    mend: 'Check host and port, and that the server is up.',
    cause: thrown,
  })
}

/** The driver gives a failed handshake a code of its own, and keeps OpenSSL's words. */
function isCertificateFault(code: string, message: string): boolean {
  return code === 'HANDSHAKE_SSL_ERROR' && /certificate|altnames/i.test(message)
}
