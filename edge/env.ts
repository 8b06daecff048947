import { z } from 'zod'
import { type PlaceField, placeFields } from '#core/event/enrich/place.ts'

/** What the runtime binds beside durable objects: settings as text (`wrangler.toml`, `serve/workerd-config.ts`). */
export type Environment = Record<string, unknown>

const number = (fallback: number, max = Number.MAX_SAFE_INTEGER) => z.coerce.number().int().positive().max(max).default(fallback)

/** `country=CF-IPCountry, city=CF-IPCity`: where the proxy before us puts what it knows of the sender's place. */
const geoHeaders = z.string().transform((text, context) => {
  const headers: Partial<Record<PlaceField, string>> = {}
  if (text === '') return null
  for (const pair of text.split(',')) {
    const [field, header] = pair.split('=', 2).map((part) => part.trim()) as [string, string | undefined]
    if (placeFields.includes(field as PlaceField) && header !== undefined && /^[\w-]+$/.test(header)) headers[field as PlaceField] = header
    else context.addIssue({ code: 'custom', message: `"${pair.trim()}" is not field=Header with one of ${placeFields.join(', ')}` })
  }
  return headers
})

/** The settings of the collector. Secrets (`wrangler secret put`): ADMIN_TOKEN, WAREHOUSE_PASSWORD. */
export const settingsSchema = z.object({
  ADMIN_TOKEN: z.string().min(16).describe('Bearer token of the admin routes.'),
  WAREHOUSE_URL: z.url({ protocol: /^https?$/ }).describe("ClickHouse's HTTP interface."),
  WAREHOUSE_USER: z.string().default('default'),
  WAREHOUSE_PASSWORD: z.string().default(''),
  LOOPBACK: z
    .stringbool()
    .default(false)
    .describe('Admin routes answer only when addressed as 127.0.0.1, localhost or [::1]: a web page cannot reach them by DNS rebinding.'),
  CLIENT_IP_HEADER: z.string().default('CF-Connecting-IP').describe("Header in which the proxy before us puts the sender's address."),
  GEO_HEADERS: geoHeaders
    .optional()
    .describe(
      'Headers in which the proxy before us puts where the sender is: country=CF-IPCountry, city=CF-IPCity. Only if it sets them all itself. Empty: nowhere. Without it: what Cloudflare knows.',
    ),
  BODY_MAX_BYTES: number(4 * 1024 * 1024).describe('Larger bodies answer 413, unpacked size included.'),
  EVENT_MAX_BYTES: number(32 * 1024).describe('A larger event is rejected by itself.'),
  WEBHOOK_EVENT_MAX_BYTES: number(512 * 1024, 512 * 1024).describe(
    'The same for webhook sources, whose tools cannot be told to send less. A row of the spool holds no more than the default.',
  ),
  CLOCK_MAX_DELAY_MS: number(60_000).describe(
    'The longest time between sending and receiving that the network explains (see core/event/enrich.ts).',
  ),
  SUPPRESSION_DELAY_MS: number(40_000).describe(
    'How long after a user is suppressed an event may still come through: an isolate reads the list anew every quarter of it, and the rest is for requests under way. Deletions wait for it.',
  ),
  SPOOL_MAX_BYTES: number(8 * 1024 ** 3).describe('A spool this full answers 503. A durable object on Cloudflare holds 10 GB.'),
  SPOOL_SHARDS: number(1).describe('Objects that the spool is spread over (spool/shard.ts). Make it fewer only once all are empty.'),
  FLUSH_INTERVAL_MS: number(500).describe('The longest an event waits for others to be flushed with.'),
  FLUSH_MAX_ROWS: number(20_000).describe('Rows of one INSERT at most.'),
  FLUSH_MAX_BYTES: number(16 * 1024 * 1024).describe('Bytes of one INSERT at most, before gzip.'),
  RETRY_MAX_DELAY_MS: number(30_000).describe('The longest wait between two tries while the warehouse is away.'),
  METRICS_INTERVAL_MS: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(60_000)
    .describe("How often the collector's figures go to events.metrics while they change. 0: never."),
  DELIVER_INTERVAL_MS: number(200).describe('The longest an event waits for others to be delivered to a destination with.'),
  DELIVER_MAX_DELAY_MS: number(300_000).describe('The longest wait between two tries while a destination is away, or misconfigured.'),
  DELIVER_CONNECTIONS: number(4).describe(
    'Deliveries under way at a time; each has a quarter as many requests. An object on Cloudflare has six connections, and the warehouse needs its own.',
  ),
  DELIVER_ATTEMPTS: number(10).describe('Tries of one event that fail while the destination takes others; then it is a dead letter.'),
  DELIVER_BACKLOG_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .optional()
    .describe(
      'What of the spool a destination may need by itself; past it, its oldest events become dead letters. Half of SPOOL_MAX_BYTES.',
    ),
  DELIVER_BACKLOG_AGE_MS: number(7 * 24 * 3600 * 1000).describe('The same by time.'),
  DELIVER_DEAD_LETTERS: number(20_000).describe('Dead letters of a destination that keep their events; of older ones the time is kept.'),
})

export type Settings = z.infer<typeof settingsSchema>
