import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { MillraceError } from '#core/lib/error.ts'
import { didYouMean } from '#core/lib/suggest.ts'
import { settingsSchema } from '../env.ts'

/** What of the Worker's settings is said otherwise, or not for its user to say. */
const own: ReadonlySet<string> = new Set(['ADMIN_TOKEN', 'WAREHOUSE_URL', 'WAREHOUSE_USER', 'WAREHOUSE_PASSWORD', 'LOOPBACK'])
/** The others pass through from the environment, as MILLRACE_EDGE_<name>. */
const passed = Object.keys(settingsSchema.shape).filter((name) => !own.has(name))
const prefix = 'MILLRACE_EDGE_'

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

/** `--folder DIR [--port N]` and the environment. Throws `wrong-usage`, `missing-environment`, `invalid-environment`. */
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
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || value === undefined) continue
    const name = variable.slice(prefix.length)
    if (!passed.includes(name)) throw wrongSetting(variable, 'there is no such setting', didYouMean(name, passed, 'settings'))
    settings[name] = value
  }
  const checked = settingsSchema.safeParse(settings)
  if (!checked.success) {
    const issue = checked.error.issues[0]!
    throw wrongSetting(`${prefix}${issue.path.join('.')}`, issue.message)
  }
  return { folder, port, settings }
}

function wrongSetting(variable: string, reason: string, mend?: string): MillraceError {
  return new MillraceError({ code: 'invalid-environment', fault: 'config', message: `${variable}: ${reason}.`, mend })
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
