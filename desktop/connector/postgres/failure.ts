import { type Fault, MillraceError, toMillraceError } from '#core/lib/error.ts'
import type { PostgresConfig } from './config.ts'

/** What mends a stream whose changes are not to be had any more. */
export const resetMend = 'Refresh the stream: drop its table in the warehouse, and it is read whole again.'

interface Rule {
  code: string
  fault: Fault
  mend: (config: PostgresConfig) => string
}

const login: Rule = {
  code: 'database-auth',
  fault: 'config',
  mend: ({ user }) => `Correct user and password of "${user}", or pg_hba.conf.`,
}
const tls: Rule = {
  code: 'untrusted-certificate',
  fault: 'config',
  mend: () => "Give the authority's certificate as ca, or set ssl to require if whoever answers may be trusted.",
}
const unreachable: Rule = {
  code: 'database-unreachable',
  fault: 'transient',
  mend: ({ host, port }) => `See whether a server listens at ${host}:${port} and a firewall lets you through.`,
}
const restarting: Rule = { code: 'database-unreachable', fault: 'transient', mend: () => 'Try again when the server is up.' }

/** By SQLSTATE (PostgreSQL docs, "PostgreSQL Error Codes"), and by the codes of Node's sockets and TLS. */
const rules: Record<string, Rule> = {
  '28P01': login,
  '28000': login,
  '3D000': { code: 'no-such-database', fault: 'config', mend: () => 'Correct database in the source file.' },
  '25006': {
    code: 'read-only-server',
    fault: 'config',
    mend: ({ publication }) => `Create the publication "${publication}" with its tables at the primary server, and set manage to false.`,
  },
  '42501': {
    code: 'no-privilege',
    fault: 'config',
    mend: ({ user, schemas }) =>
      `As the owner run: ${schemas.map((schema) => `GRANT USAGE ON SCHEMA "${schema}" TO "${user}"; GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO "${user}";`).join(' ')} For logical replication: ALTER ROLE "${user}" REPLICATION.`,
  },
  '42P01': { code: 'no-table', fault: 'config', mend: () => 'Run discover again: the table was dropped or renamed.' },
  '42703': { code: 'no-column', fault: 'config', mend: () => 'Run again: the table was changed meanwhile.' },
  '42704': {
    code: 'publication-gone',
    fault: 'config',
    mend: ({ slot }) =>
      `The log that is to be read was written while the publication did not exist. Run SELECT pg_drop_replication_slot('${slot}'); ${resetMend}`,
  },
  '53300': { code: 'too-many-connections', fault: 'transient', mend: () => 'Close other connections, or raise max_connections.' },
  '53400': {
    code: 'no-slot-free',
    fault: 'config',
    mend: () => 'Drop replication slots that nobody needs, or raise max_replication_slots.',
  },
  '55006': {
    code: 'slot-in-use',
    fault: 'transient',
    mend: ({ slot }) => `Give every source a slot of its own; "${slot}" is read by another.`,
  },
  '57P01': restarting,
  '57P02': restarting,
  '57P03': restarting,
  '40001': restarting,
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  ENOTFOUND: { ...unreachable, fault: 'config' },
  EAI_AGAIN: unreachable,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EPIPE: unreachable,
  SELF_SIGNED_CERT_IN_CHAIN: tls,
  DEPTH_ZERO_SELF_SIGNED_CERT: tls,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: tls,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: tls,
  CERT_HAS_EXPIRED: tls,
  ERR_TLS_CERT_ALTNAME_INVALID: tls,
}

/** Messages of `pg` that carry no code. */
const byMessage: [pattern: RegExp, rule: Rule][] = [
  [
    /does not support SSL/,
    { code: 'no-tls', fault: 'config', mend: () => 'Turn SSL on at the server, or set ssl to disable if the network may be trusted.' },
  ],
  [/Connection terminated|timeout expired|not queryable|Client was closed/, unreachable],
]

/** What a failure of `pg` means, and what to do about it. Ours pass unchanged. */
export function toFailure(thrown: unknown, config: PostgresConfig): MillraceError {
  if (thrown instanceof MillraceError || !(thrown instanceof Error)) return toMillraceError(thrown)
  // A host with several addresses fails with one error for each (Node docs, net.connect, autoSelectFamily).
  const first = thrown instanceof AggregateError ? (thrown.errors[0] as Error) : thrown
  const code = (first as { code?: unknown }).code
  const rule =
    (typeof code === 'string' ? (rules[code] ?? byClass(code)) : undefined) ??
    byMessage.find(([pattern]) => pattern.test(first.message))?.[1]
  if (rule === undefined) return toMillraceError(first)
  return new MillraceError({
    code: rule.code,
    fault: rule.fault,
    message: `PostgreSQL, database ${config.database} at ${config.host}: ${first.message}`,
    mend: rule.mend(config),
    cause: first,
  })
}

/** Class 08 is "Connection Exception". */
function byClass(code: string): Rule | undefined {
  return /^08...$/.test(code) ? unreachable : undefined
}

/** A failure of the settings or of the server's set-up that a person mends. */
export function configFailure(code: string, message: string, mend: string): MillraceError {
  return new MillraceError({ code, fault: 'config', message, mend })
}
