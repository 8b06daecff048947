import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { JsonObject } from '#core/lib/json.ts'
import type { Runtime, Vault } from '#core/lib/runtime.ts'
import { guardByJwt, guardByLegacySession, guardByOAuth, guardBySession, oauthClient } from '#test/fixture/api-credentials.ts'
import { type ApiCall, type ApiServer, type Fault, startApiServer } from '#test/fixture/api-server.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { shopManifest } from './manifests.ts'
import { declarative, httpManifest, orders, readManifest } from './reading.ts'

const start = Date.UTC(2026, 2, 1)
let api: ApiServer
let now = start

beforeAll(async () => {
  api = await startApiServer()
})

afterEach(() => {
  now = start
  api.collections.clear()
  api.routes.clear()
  api.requests.length = 0
  api.fault = () => undefined
  api.afterRequest = () => undefined
  api.authorize = () => true
})

afterAll(() => api.close())

/** Time stands, for engine and API alike, unless a test moves it; sleeps move it. */
function runtime(more: Partial<Runtime> = {}): Runtime {
  const base = testRuntime(more)
  const { sleep } = base.clock
  base.clock = {
    now: () => now,
    sleep: (ms, signal) => {
      now += ms
      return sleep(ms, signal)
    },
  }
  api.now = () => now
  return base
}

function memoryVault(): Vault & { entries: Map<string, string> } {
  const entries = new Map<string, string>()
  return { entries, get: async (name) => entries.get(name), set: async (name, value) => void entries.set(name, value) }
}

const bearer = ({ headers }: ApiCall) => headers.authorization?.replace(/^Bearer /, '')
const oauthConfig = { client_id: oauthClient.id, client_secret: oauthClient.secret, refresh_token: oauthClient.refresh }
const endless = { uses: Infinity, ms: 3_600_000 }

interface Style {
  manifest: string
  config?: JsonObject
  /** Makes the API want these credentials; its tokens last `lifetime`. */
  guard: (lifetime: { uses: number; ms: number }) => unknown
}

const styles: Style[] = [
  {
    manifest: 'basic',
    config: { credentials: { user: 'ann', password: 'pä:ss' } },
    guard: () => (api.authorize = ({ headers }) => headers.authorization === `Basic ${Buffer.from('ann:pä:ss').toString('base64')}`),
  },
  {
    manifest: 'key-in-header',
    config: { api_key: 'k3y' },
    guard: () => (api.authorize = ({ headers }) => headers['x-api-key'] === 'Token k3y'),
  },
  {
    manifest: 'key-in-query',
    config: { api_key: 'k3y&' },
    guard: () => (api.authorize = ({ url }) => url.searchParams.get('authKey') === 'k3y&'),
  },
  {
    manifest: 'key-in-form',
    config: { api_key: 'k3y' },
    guard: () => (api.authorize = ({ body }) => /(^|&)key=k3y$/.test(body)),
  },
  {
    manifest: 'key-in-json',
    config: { api_key: 'k3y' },
    guard: () => (api.authorize = ({ body }) => JSON.parse(body).auth.key === 'k3y'),
  },
  { manifest: 'oauth-refresh', config: { ...oauthConfig, more_scope: 'orders.more' }, guard: (lifetime) => guardByOAuth(api, lifetime) },
  {
    manifest: 'oauth-single-use',
    config: { credentials: oauthConfig },
    guard: (lifetime) => guardByOAuth(api, { ...lifetime, singleUse: true }),
  },
  {
    manifest: 'oauth-client',
    config: { ...oauthConfig, region: 'eu' },
    guard: (lifetime) =>
      guardByOAuth(api, {
        ...lifetime,
        client: 'header',
        answer: (access) => ({
          data: [{ accessToken: access, expiresAt: new Date(now + lifetime.ms).toISOString().replace('T', ' ').slice(0, 19) }],
        }),
      }),
  },
  { manifest: 'oauth-query', config: oauthConfig, guard: (lifetime) => guardByOAuth(api, { ...lifetime, client: 'query' }) },
  {
    manifest: 'oauth-assertion',
    config: { client_id: 'app', secret: 'a secret of some length, as it should be' },
    guard: (lifetime) =>
      guardByOAuth(api, { ...lifetime, grant: (fields) => fields.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer' }),
  },
  {
    manifest: 'session-bearer',
    config: { user: 'ann', password: 'pa:ss' },
    guard: (lifetime) => guardBySession(api, lifetime, bearer),
  },
  {
    manifest: 'session-key',
    config: { user: 'ann', password: 'pa:ss' },
    guard: (lifetime) => guardBySession(api, lifetime, ({ headers }) => String(headers['x-auth']).replace(/^Session /, '')),
  },
  { manifest: 'session-legacy', config: { user: 'ann', password: '{{ 7 }}' }, guard: (lifetime) => guardByLegacySession(api, lifetime) },
  {
    manifest: 'jwt-secret',
    config: { secret: 's3cret', kid: 'key-1', tenant: 'shop' },
    guard: () =>
      guardByJwt(
        api,
        Buffer.from(Buffer.from('s3cret').toString('base64')),
        { issuer: 'key-1', subject: 'shop', audience: 'api' },
        ({ headers }) => String(headers['x-token']).replace(/^Token /, ''),
      ),
  },
  {
    manifest: 'selective',
    config: { credentials: { auth_type: 'oauth', ...oauthConfig } },
    guard: (lifetime) => guardByOAuth(api, lifetime),
  },
]

describe.each(styles)('$manifest', ({ manifest, config, guard }) => {
  test('is let in, and reads what the API holds', async () => {
    api.collections.set('orders', orders(12))
    guard(endless)
    const { records, errors } = await readManifest(httpManifest(manifest), { config: { ...config, url: api.url }, runtime: runtime() })
    expect(errors).toEqual([])
    expect(records).toEqual(orders(12))
    const check = await declarative.check(
      declarative.config.parse({ manifest: httpManifest(manifest), config: { ...config, url: api.url } }),
      runtime(),
    )
    expect(check.ok).toBe(manifest !== 'oauth-single-use')
  })

  test('is shut out with wrong credentials, which is the fault of the settings and is said without them', async () => {
    api.collections.set('orders', orders(1))
    guard(endless)
    const wrong = JSON.parse(JSON.stringify(config).replaceAll(/"(?!oauth|orders)([^"{]+)"(?=[,}])/g, '"wr0ng$1"')) as JsonObject
    if (JSON.stringify(wrong) === JSON.stringify(config) || manifest === 'oauth-assertion') return
    const { records, errors } = await readManifest(httpManifest(manifest), { config: { ...wrong, url: api.url }, runtime: runtime() })
    expect(records).toEqual([])
    expect(errors).toMatchObject([{ code: 'source-auth', fault: 'config' }])
    expect(JSON.stringify(errors)).not.toContain('wr0ng')
    expect(api.requests.length).toBeLessThan(4)
  })
})

const faults: (Fault | undefined)[] = [
  ...Array.from({ length: 12 }, () => undefined),
  'rate-limit',
  'rate-limit-date',
  'server-error',
  'unavailable',
  'gateway-timeout',
  'request-timeout',
  'reset',
  'silence',
  'truncated',
  'cut-json',
  'not-json',
]

test('every way to authenticate, with every way to paginate, in any weather, while tokens end in the middle: what is read is what the API holds', async () => {
  const shop = parse(shopManifest) as any
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...styles),
      fc.constantFrom('pages', 'offsets', 'cursors', 'links', 'updates'),
      fc.nat(40),
      fc.integer({ min: 1, max: 15 }),
      fc.integer({ min: 1, max: 6 }),
      fc.infiniteStream(fc.constantFrom(...faults)),
      fc.infiniteStream(fc.nat(120_000)),
      async (style, stream, count, pageSize, uses, weather, passing) => {
        api.routes.clear()
        now = start
        api.now = () => now
        api.collections.set('orders', orders(count))
        style.guard({ uses, ms: 300_000 })
        const inRow = new Map<string, number>()
        api.fault = ({ path }) => {
          now += passing.next().value as number
          const fault = weather.next().value as Fault | undefined
          const row = fault === undefined ? 0 : (inRow.get(path) ?? 0) + 1
          inRow.set(path, row)
          // The retries of one request are five; more failures in a row than that are a failure.
          if (row < 5) return fault
          inRow.set(path, 0)
          return undefined
        }
        const { authenticator } = (parse(httpManifest(style.manifest)) as any).definitions
        const manifest = structuredClone(shop)
        manifest.definitions.requester.authenticator = authenticator
        if (style.manifest.endsWith('-form') || style.manifest.endsWith('-json')) manifest.definitions.requester.http_method = 'POST'
        if (style.manifest.endsWith('-json')) manifest.definitions.requester.request_body_json = { auth: {} }
        delete manifest.spec.connection_specification.required
        const { records, errors } = await readManifest(manifest, {
          config: { ...style.config, url: api.url, page_size: pageSize },
          streams: [stream],
          runtime: runtime(),
        })
        expect(errors).toEqual([])
        expect(records).toEqual(orders(count))
      },
    ),
    { numRuns: 150 },
  )
}, 60_000)
