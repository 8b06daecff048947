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
    { numRuns: 100 },
  )
}, 60_000)

describe('tokens', () => {
  test('that end in the middle are renewed as often as it takes, and no oftener', async () => {
    api.collections.set('orders', orders(30))
    const { grants } = guardByOAuth(api, { uses: 2, ms: 3_600_000 })
    const config = { ...oauthConfig, url: api.url, more_scope: 'orders.more' }
    const { records } = await readManifest(httpManifest('oauth-refresh'), { config, runtime: runtime() })
    expect(records).toEqual(orders(30))
    // Six pages of five, two requests a token, and each token's third request is refused.
    expect(api.requests.filter(({ url }) => url.startsWith('/oauth'))).toHaveLength(3)
    expect(api.requests.filter(({ url }) => url.startsWith('/cursor'))).toHaveLength(8)
    expect(Object.fromEntries(grants[0]!)).toEqual({
      grant_type: 'refresh_token',
      client_id: oauthClient.id,
      client_secret: oauthClient.secret,
      refresh_token: oauthClient.refresh,
      scopes: 'orders.read,orders.more',
    })
  })

  test('are renewed before their time is over, without a request that fails', async () => {
    api.collections.set('orders', orders(30))
    guardByOAuth(api, { uses: Infinity, ms: 60_000 })
    api.afterRequest = () => (now += 25_000)
    const config = { ...oauthConfig, url: api.url, more_scope: 'x' }
    const { records } = await readManifest(httpManifest('oauth-refresh'), { config, runtime: runtime() })
    expect(records).toEqual(orders(30))
    expect(api.requests.filter(({ url }) => url.startsWith('/cursor'))).toHaveLength(6)
  })

  test('are shared by the streams of one read', async () => {
    api.collections.set('orders', orders(6))
    const { refreshed } = guardByOAuth(api, { ...endless, singleUse: true })
    const options = { config: { credentials: oauthConfig, url: api.url }, streams: ['orders', 'again'], runtime: runtime() }
    const { records, errors } = await readManifest(httpManifest('oauth-single-use'), options)
    expect(errors).toEqual([])
    expect(records).toHaveLength(12)
    expect(refreshed).toEqual(['refresh-0'])
  })

  test('a refusal that a new token does not mend is told, not repeated', async () => {
    api.collections.set('orders', orders(6))
    guardByOAuth(api, endless)
    api.authorize = () => false
    const config = { ...oauthConfig, url: api.url, more_scope: 'x' }
    const { errors } = await readManifest(httpManifest('oauth-refresh'), { config, runtime: runtime() })
    expect(errors).toMatchObject([{ code: 'source-auth', fault: 'config' }])
    expect(api.requests).toHaveLength(2)
  })

  test('that the API repeats in its error are not in ours', async () => {
    guardByOAuth(api, endless)
    api.routes.set('/cursor/orders', ({ headers }) => ({ status: 403, body: { error: `no rights: ${headers.authorization}` } }))
    const config = { ...oauthConfig, url: api.url, more_scope: 'x' }
    const { errors } = await readManifest(httpManifest('oauth-refresh'), { config, runtime: runtime() })
    expect(errors[0]!.message).toContain('no rights: Bearer •••')
  })
})

const singleUseConfig = () => ({ credentials: oauthConfig, url: api.url })

describe('refresh tokens for one use', () => {
  const manifest = httpManifest('oauth-single-use')

  test('live on in the vault from run to run, checks included, until the settings have another', async () => {
    api.collections.set('orders', orders(12))
    const vault = memoryVault()
    const { refreshed } = guardByOAuth(api, { uses: 2, ms: 3_600_000, singleUse: true })
    for (let run = 0; run < 3; run++) {
      const check = await declarative.check(declarative.config.parse({ manifest, config: singleUseConfig() }), runtime({ vault }))
      expect(check.ok).toBe(true)
      expect((await readManifest(manifest, { config: singleUseConfig(), runtime: runtime({ vault }) })).records).toEqual(orders(12))
    }
    expect(refreshed).toEqual(Array.from({ length: refreshed.length }, (_, index) => `refresh-${index}`))
    expect(vault.entries.size).toBe(1)
    // Logged in anew: what was kept is of the old login.
    guardByOAuth(api, { ...endless, singleUse: true })
    const renewed = { ...singleUseConfig(), credentials: { ...oauthConfig, refresh_token: 'of another login' } }
    const { errors } = await readManifest(manifest, { config: renewed, runtime: runtime({ vault }) })
    expect(errors).toMatchObject([{ code: 'source-auth' }])
    expect(api.requests.at(-1)!.body).toContain('refresh_token=of+another+login')
  })

  test('are lost without a vault, which is said beforehand in the log', async () => {
    api.collections.set('orders', orders(1))
    guardByOAuth(api, { ...endless, singleUse: true })
    const log: string[] = []
    await readManifest(manifest, {
      config: singleUseConfig(),
      runtime: runtime({ log: (level, message) => log.push(`${level}: ${message}`) }),
    })
    expect(log).toContainEqual(expect.stringMatching(/^warn: The API renewed the refresh token, and there is no place to keep it/))
    const { errors } = await readManifest(manifest, { config: singleUseConfig(), runtime: runtime() })
    expect(errors).toMatchObject([{ code: 'source-auth', fault: 'config', message: expect.stringContaining('The refresh token is dead.') }])
  })

  test('a token endpoint that is ill is waited for', async () => {
    api.collections.set('orders', orders(1))
    guardByOAuth(api, { ...endless, singleUse: true })
    api.fault = ({ path, number }) => (path === '/oauth/token' && number < 5 ? 'unavailable' : undefined)
    expect((await readManifest(manifest, { config: singleUseConfig(), runtime: runtime() })).records).toHaveLength(1)
    api.fault = () => 'unavailable'
    const { errors } = await readManifest(manifest, { config: singleUseConfig(), runtime: runtime() })
    expect(errors).toMatchObject([{ code: 'source-unavailable', fault: 'transient' }])
  })
})

describe('an OAuthAuthenticator', () => {
  test('sends client credentials in the header only, as JSON, with fields of the manifest', async () => {
    api.collections.set('orders', orders(1))
    const { grants } = guardByOAuth(api, {
      ...endless,
      client: 'header',
      answer: (access) => ({ accessToken: access, expiresAt: '2026-03-01 01:00:00' }),
    })
    await readManifest(httpManifest('oauth-client'), { config: { ...oauthConfig, region: 'eu', url: api.url }, runtime: runtime() })
    expect(Object.fromEntries(grants[0]!)).toEqual({ grant_type: 'client_credentials', audience: 'shop', region: 'eu' })
    expect(api.requests[0]!.headers['content-type']).toBe('application/json')
  })

  test('uses the access token of the settings until its date', async () => {
    api.collections.set('orders', orders(1))
    guardByOAuth(api, endless)
    const { authorize } = api
    api.authorize = (call) => bearer(call) === 'of-the-settings' || authorize(call)
    const read = async (expires: string) => {
      api.requests.length = 0
      const config = { ...oauthConfig, url: api.url, endpoint: `${api.url}/oauth/token`, access_token: 'of-the-settings', expires }
      expect((await readManifest(httpManifest('oauth-access-token'), { config, runtime: runtime() })).records).toHaveLength(1)
      return api.requests.map(({ url }) => url)
    }
    expect(await read('2026-03-01T00:00:01Z')).toEqual(['/all/orders'])
    expect(await read('2026-02-28T23:59:59Z')).toEqual(['/oauth/token', '/all/orders'])
    api.authorize = authorize
    expect(await read('2026-03-01T00:00:01Z')).toEqual(['/all/orders', '/oauth/token', '/all/orders'])
  })

  test('without an endpoint has the access token, and no other', async () => {
    api.collections.set('orders', orders(1))
    const manifest = parse(httpManifest('oauth-access-token')) as any
    delete manifest.definitions.authenticator.token_refresh_endpoint
    const config = { ...oauthConfig, url: api.url, access_token: 'of-the-settings', expires: '2020-01-01' }
    api.authorize = (call) => bearer(call) === 'of-the-settings'
    expect((await readManifest(manifest, { config, runtime: runtime() })).records).toHaveLength(1)
    api.authorize = () => false
    const { errors } = await readManifest(manifest, { config, runtime: runtime() })
    expect(errors).toMatchObject([{ code: 'source-auth', fault: 'config' }])
  })

  test.each<[string, JsonObject, JsonObject, string]>([
    ['no refresh token', { refresh_token: '' }, {}, 'no refresh_token'],
    ['no client', { client_id: '' }, {}, 'has no credentials'],
    ['an endpoint of another kind', {}, { token_refresh_endpoint: 'file:///etc/passwd' }, 'not an address of http'],
    ['no assertion', {}, { use_profile_assertion: true }, 'no profile_assertion'],
  ])('with %s says so before it asks', async (_, more, change, message) => {
    const manifest = parse(httpManifest('oauth-refresh')) as any
    Object.assign(manifest.definitions.authenticator, change)
    const { errors } = await readManifest(manifest, {
      config: { ...oauthConfig, ...more, url: api.url, more_scope: 'x' },
      runtime: runtime(),
    })
    expect(errors).toMatchObject([{ fault: 'config', message: expect.stringContaining(message) }])
    expect(api.requests).toEqual([])
  })

  test.each<[string, unknown, string]>([
    ['without a token', { token: 'x' }, 'answered without "access_token"'],
    ['with an end that is no number', { access_token: 'x', expires_in: 'soon' }, 'no number of seconds'],
  ])('tells of an answer %s', async (_, answer, message) => {
    guardByOAuth(api, { ...endless, answer: () => answer })
    const { errors } = await readManifest(httpManifest('oauth-refresh'), {
      config: { ...oauthConfig, url: api.url, more_scope: 'x' },
      runtime: runtime(),
    })
    expect(errors).toMatchObject([{ fault: 'config', message: expect.stringContaining(message) }])
  })
})

const xmlLogin: typeof fetch = async (input, init) =>
  String(input).endsWith('/login') ? new Response('<result><token>of-xml</token></result>') : fetch(input, init)

describe('sessions', () => {
  const user = { user: 'ann', password: 'pa:ss' }

  test('are logged in to once, or for every request when no duration is given', async () => {
    api.collections.set('orders', orders(30))
    const lasting = guardBySession(api, endless, bearer)
    await readManifest(httpManifest('session-bearer'), { config: { ...user, url: api.url }, runtime: runtime() })
    expect(lasting.logins()).toBe(1)
    const short = guardBySession(api, { uses: 1, ms: 1000 }, ({ headers }) => String(headers['x-auth']).slice('Session '.length))
    await readManifest(httpManifest('session-key'), { config: { ...user, url: api.url }, runtime: runtime() })
    expect(short.logins()).toBe(2)
  })

  test('of the old kind use the token of the settings while it lives', async () => {
    api.collections.set('orders', orders(1))
    const config = { user: 'ann', password: '{{ 7 }}', session_token: 'known', url: api.url }
    const known = guardByLegacySession(api, endless, ['known'])
    expect((await readManifest(httpManifest('session-legacy'), { config, runtime: runtime() })).records).toHaveLength(1)
    expect(known.logins()).toBe(0)
    const dead = guardByLegacySession(api, endless)
    expect((await readManifest(httpManifest('session-legacy'), { config, runtime: runtime() })).records).toHaveLength(1)
    expect(dead.logins()).toBe(1)
  })

  test('are had from a login that speaks XML', async () => {
    api.collections.set('orders', orders(2))
    api.authorize = (call) => bearer(call) === 'of-xml'
    const manifest = parse(httpManifest('session-bearer')) as any
    manifest.definitions.authenticator.decoder = { type: 'XmlDecoder' }
    const { records, errors } = await readManifest(manifest, { config: { ...user, url: api.url }, runtime: runtime({ fetch: xmlLogin }) })
    expect(errors).toEqual([])
    expect(records).toEqual(orders(2))
  })

  test('a login without a token is told', async () => {
    guardBySession(api, endless, bearer)
    api.routes.set('/login', () => ({ status: 200, body: { result: null } }))
    const { errors } = await readManifest(httpManifest('session-bearer'), { config: { ...user, url: api.url }, runtime: runtime() })
    expect(errors).toMatchObject([{ code: 'source-auth', message: expect.stringContaining('without a token at result.token') }])
  })
})

describe('signed tokens', () => {
  type Format = { type: 'pkcs1' | 'pkcs8' | 'sec1'; format: 'pem'; cipher?: string; passphrase?: string }
  const pkcs8: Format = { type: 'pkcs8', format: 'pem' }
  const encrypted = (cipher: string): Format => ({ ...pkcs8, cipher, passphrase: 'öpen' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const ed = generateKeyPairSync('ed25519')

  test.each<[string, string, { publicKey: KeyObject; privateKey: KeyObject }, Format]>([
    ['RS256', 'PKCS #8', rsa, pkcs8],
    ['RS512', 'PKCS #1', rsa, { type: 'pkcs1', format: 'pem' }],
    ['PS384', 'PKCS #8', rsa, pkcs8],
    ['RS256', 'PKCS #8 encrypted with AES-256', rsa, encrypted('aes-256-cbc')],
    ['ES256', 'PKCS #8 encrypted with AES-128', p256, encrypted('aes-128-cbc')],
    ['ES256', 'SEC 1', p256, { type: 'sec1', format: 'pem' }],
    ['ES384', 'SEC 1', p384, { type: 'sec1', format: 'pem' }],
    ['EdDSA', 'PKCS #8', ed, pkcs8],
  ])('by %s with a key in %s verify with the public key', async (algorithm, _, { publicKey, privateKey }, format) => {
    api.collections.set('orders', orders(3))
    const seen = guardByJwt(api, publicKey, { issuer: 'shop', audience: 'api' }, bearer)
    const pem = String(privateKey.export(format as any)).replaceAll('\n', String.raw`\n`)
    const config = { url: api.url, algorithm, private_key: pem, passphrase: format.passphrase ?? '' }
    const { records, errors } = await readManifest(httpManifest('jwt-key'), { config, runtime: runtime() })
    expect(errors).toEqual([])
    expect(records).toEqual(orders(3))
    expect(seen[0]).toEqual({
      header: { alg: algorithm, typ: 'JWT' },
      payload: { iss: 'shop', aud: 'api', iat: start / 1000, nbf: start / 1000, exp: start / 1000 + 1200 },
    })
  })

  test('have the headers and claims of the manifest, and are made anew before they end', async () => {
    api.collections.set('orders', orders(30))
    const key = Buffer.from(Buffer.from('s3cret').toString('base64'))
    const seen = guardByJwt(api, key, {}, ({ headers }) => String(headers['x-token']).slice('Token '.length))
    api.afterRequest = () => (now += 100_000)
    const config = { secret: 's3cret', kid: 'key-1', tenant: 7, url: api.url }
    const { records } = await readManifest(httpManifest('jwt-secret'), { config, runtime: runtime() })
    expect(records).toEqual(orders(30))
    expect(seen[0]!.header).toEqual({ alg: 'HS512', typ: 'JWT', cty: 'JWT', kid: 'key-1', ver: 2 })
    expect(seen[0]!.payload).toMatchObject({ iss: 'key-1', sub: 'shop', aud: 'api', roles: ['reader'], tenant: 7 })
    expect(new Set(seen.map(({ payload }) => (payload as { iat: number }).iat)).size).toBe(3)
  })

  test.each<[string, JsonObject, string]>([
    ['another algorithm', { algorithm: 'ES256K' }, 'the algorithm "ES256K" is none of'],
    ['a key that is none', { private_key: 'secret-text' }, 'it is not in PEM'],
    ['a public key', { private_key: String(rsa.publicKey.export({ type: 'spki', format: 'pem' })) }, 'it is a PUBLIC KEY'],
    ['a key of another kind', { private_key: String(p256.privateKey.export(pkcs8 as any)) }, 'it is no private key for RS256'],
    ['no passphrase', { private_key: String(rsa.privateKey.export(encrypted('aes-256-cbc') as any)) }, 'there is no passphrase'],
    [
      'a wrong passphrase',
      { private_key: String(rsa.privateKey.export(encrypted('aes-256-cbc') as any)), passphrase: 'sesame' },
      'the passphrase does not open it',
    ],
    [
      'another cipher',
      { private_key: String(rsa.privateKey.export(encrypted('des-ede3-cbc') as any)), passphrase: 'öpen' },
      'openssl pkcs8',
    ],
    ['broken base64', { private_key: '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----' }, 'it does not name its curve'],
  ])('with %s are not made, and why is said without the key', async (_, more, message) => {
    const config = { url: api.url, algorithm: 'RS256', private_key: '', passphrase: '', ...more }
    const { errors } = await readManifest(httpManifest('jwt-key'), { config, runtime: runtime() })
    expect(errors).toMatchObject([{ code: 'invalid-key', fault: 'config', message: expect.stringContaining(message) }])
    expect(errors[0]!.message).not.toContain('secret-text')
    expect(api.requests).toEqual([])
  })
})

describe('a SelectiveAuthenticator', () => {
  test.each<[string, JsonObject, (call: ApiCall) => boolean]>([
    ['key', { key: 'k3y' }, ({ headers }) => headers['x-api-key'] === 'k3y'],
    ['token', { token: 't0ken' }, (call) => bearer(call) === 't0ken'],
    ['none', {}, ({ headers }) => headers.authorization === undefined],
  ])('takes %s when the settings say so', async (name, credentials, authorize) => {
    api.collections.set('orders', orders(2))
    api.authorize = authorize
    const config = { url: api.url, credentials: { auth_type: name, ...credentials } }
    expect((await readManifest(httpManifest('selective'), { config, runtime: runtime() })).records).toEqual(orders(2))
  })

  test.each<[string, JsonObject, string]>([
    ['nothing', {}, 'and is missing'],
    ['what there is not', { auth_type: 'constructor' }, 'and is "constructor"'],
  ])('says what there is when the settings say %s', async (_, credentials, message) => {
    const { errors } = await readManifest(httpManifest('selective'), { config: { url: api.url, credentials }, runtime: runtime() })
    expect(errors).toMatchObject([{ fault: 'config', mend: 'Set it to one of key, token, oauth, none.' }])
    expect(errors[0]!.message).toContain(message)
  })
})
