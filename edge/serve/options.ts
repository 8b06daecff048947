import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { MillraceError } from '#core/lib/error.ts'

/** Settings of the Worker that pass through from the environment, as MILLRACE_EDGE_<name> (`edge/env.ts`). */
const passed = [
  'CLIENT_IP_HEADER',
  'GEO_HEADERS',
  'BODY_MAX_BYTES',
  'EVENT_MAX_BYTES',
  'WEBHOOK_EVENT_MAX_BYTES',
  'CLOCK_MAX_DELAY_MS',
  'SUPPRESSION_DELAY_MS',
  'SPOOL_MAX_BYTES',
  'SPOOL_SHARDS',
  'FLUSH_INTERVAL_MS',
  'FLUSH_MAX_ROWS',
  'FLUSH_MAX_BYTES',
  'RETRY_MAX_DELAY_MS',
  'METRICS_INTERVAL_MS',
  'DELIVER_INTERVAL_MS',
  'DELIVER_MAX_DELAY_MS',
  'DELIVER_CONNECTIONS',
  'DELIVER_ATTEMPTS',
  'DELIVER_BACKLOG_BYTES',
  'DELIVER_BACKLOG_AGE_MS',
  'DELIVER_DEAD_LETTERS',
] as const

const environmentSchema = z.object({
  MILLRACE_ADMIN_TOKEN: z.string().min(16).describe('Bearer token of the admin routes.'),
  MILLRACE_WAREHOUSE_URL: z.url({ protocol: /^https?$/ }).describe("ClickHouse's HTTP interface."),
  MILLRACE_WAREHOUSE_USER: z.string().default('default'),
  MILLRACE_WAREHOUSE_PASSWORD: z.string().default(''),
})

export interface ServeOptions {
  folder: string
  /** Undefined: 8788, or the next that is free. 0: one that the system chooses. */
  port: number | undefined
  /** The Worker's settings (`edge/env.ts`). */
  settings: Record<string, string>
}

/** `--folder DIR [--port N]` and the environment. Throws `wrong-usage`, `missing-environment`. */
export function readOptions(args: string[], environment: NodeJS.ProcessEnv): ServeOptions {
  const { folder, port } = readArguments(args)
  const parsed = environmentSchema.safeParse(environment)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new MillraceError({ code: 'missing-environment', fault: 'config', message: `${issue.path.join('.')}: ${issue.message}.` })
  }
  const { MILLRACE_ADMIN_TOKEN, MILLRACE_WAREHOUSE_URL, MILLRACE_WAREHOUSE_USER, MILLRACE_WAREHOUSE_PASSWORD } = parsed.data
  const settings: Record<string, string> = {
    // No proxy of Cloudflare's stands before a collector of one's own; the usual one names the sender so.
    CLIENT_IP_HEADER: 'X-Forwarded-For',
    GEO_HEADERS: '',
    // workerd itself sets no limit to connections.
    DELIVER_CONNECTIONS: '64',
    LOOPBACK: 'true',
    ADMIN_TOKEN: MILLRACE_ADMIN_TOKEN,
    WAREHOUSE_URL: MILLRACE_WAREHOUSE_URL,
    WAREHOUSE_USER: MILLRACE_WAREHOUSE_USER,
    WAREHOUSE_PASSWORD: MILLRACE_WAREHOUSE_PASSWORD,
  }
  for (const name of passed) {
    const value = environment[`MILLRACE_EDGE_${name}`]
    if (value !== undefined) settings[name] = value
  }
  return { folder, port, settings }
}

function readArguments(args: string[]): { folder: string; port: number | undefined } {
  try {
    const { values } = parseArgs({ args, options: { folder: { type: 'string' }, port: { type: 'string' } } })
    if (values.folder === undefined) throw usage('--folder is missing.')
    const port = values.port === undefined ? undefined : Number(values.port)
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536)) throw usage(`--port ${values.port} is no port.`)
    return { folder: resolve(values.folder), port }
  } catch (thrown) {
    throw thrown instanceof MillraceError ? thrown : usage((thrown as Error).message)
  }
}

function usage(message: string): MillraceError {
  return new MillraceError({ code: 'wrong-usage', fault: 'config', message, mend: 'Usage: --folder DIR [--port N]' })
}
