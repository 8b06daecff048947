import { expect, test } from 'vitest'
import { z } from 'zod'
import { loadStack } from '#core/stack/load.ts'
import { edgeConfig } from '#core/stack/publish.ts'
import { resolveConfig, stackResolver } from '#core/stack/resolve.ts'
import type { Resolver } from '#core/stack/resolver.ts'
import { validateStack } from '#core/stack/validate.ts'
import { stackOf } from '#test/fixture/stack-files.ts'

const secrets: Record<string, string> = { CRM: 'crm-s3cret', KEY: 'key-of-the-web', SAME: 'abcdefgh', SHORT: 'x' }
const resolver: Resolver = { secret: (name) => secrets[name], variable: (name) => ({ host: 'example.com' })[name] }
const known = {
  sources: [{ name: 'declarative' }],
  webhookSources: [{ name: 'stripe', config: z.strictObject({ signing_secret: z.string().min(8), tolerance: z.number().optional() }) }],
  destinations: [
    { name: 'events_only', events: {} },
    {
      name: 'webhook',
      rows: {},
      config: z.strictObject({ url: z.url(), retries: z.number().default(1), token: z.string().length(7).optional() }),
    },
  ],
  resolver,
}

const sound = {
  'destinations/stats.yaml': 'connector: events_only\n',
  'millrace.yaml': 'name: shop',
  'sources/web.yaml': 'kind: sdk\nwrite_key: abcdefgh\n',
  'sources/crm.yaml': 'kind: etl\nconnector: declarative\nstreams: { leads: {} }\nconfig: { token: "${secret:CRM}" }\n',
  'destinations/mail.yaml': 'connector: webhook\nconfig:\n  url: https://${var:host}/x\n  token: ${secret:CRM}\n',
  'plans/web.yaml': 'events: { Order: {} }',
  'models/leads.sql': "SELECT * FROM source('crm', 'leads')",
  'traits/leads.yaml': 'type: count\nfrom: ref(leads)\n',
  'syncs/mail.yaml': "from: ref('leads')\ndestination: mail\nobject: contacts\nkey: id\nfields: { id: id }\n",
}

async function problems(files: Record<string, string>) {
  const stack = await loadStack(stackOf({ ...sound, ...files }))
  expect(stack.problems).toEqual([])
  return validateStack(stack, known)
}

test('a sound stack has no problems', async () => {
  expect(await problems({})).toEqual([])
})

test.each([
  [
    'sources/x.yaml',
    'kind: sdk\nwrite_key: key-of-x\nplan: wbe\n',
    { code: 'unknown-plan', at: { line: 3, field: 'plan' }, mend: 'Did you mean "web"?' },
  ],
  ['models/x.sql', "-- x\nSELECT 1\nFROM ref('laeds')", { code: 'unknown-ref', at: { line: 3, column: 6 }, mend: 'Did you mean "leads"?' }],
  ['models/x.sql', "SELECT * FROM source('crn', 'leads')", { code: 'unknown-ref', mend: 'Did you mean "crm"?' }],
  ['models/x.sql', "SELECT * FROM source('crm', 'lead')", { code: 'unknown-ref', mend: 'Did you mean "leads"?' }],
  ['models/x.sql', "SELECT * FROM source('web', 'tracks')", { code: 'unknown-ref', mend: expect.stringContaining('events.tracks') }],
  [
    'models/x.sql',
    '/*\ntests:\n  - no_rows: SELECT * FROM ref(gone)\n*/\nSELECT 1',
    { code: 'unknown-ref', at: { line: 3, field: 'tests.0.no_rows' } },
  ],
  ['traits/x.yaml', 'type: count\nfrom: ref(lead)\n', { code: 'unknown-ref', at: { line: 2, field: 'from' } }],
  ['traits/x.sql', '-- x\n\nSELECT id, value FROM ref(nothing)', { code: 'unknown-ref', at: { line: 3, column: 23 } }],
  [
    'syncs/x.yaml',
    "from: ref('lead')\ndestination: mail\nobject: o\nkey: id\nfields: { id: id }\n",
    { code: 'unknown-ref', at: { line: 1, field: 'from' } },
  ],
  [
    'syncs/x.yaml',
    'from: a.b\ndestination: mial\nobject: o\nkey: id\nfields: { id: id }\n',
    { code: 'unknown-destination', at: { line: 2 }, mend: 'Did you mean "mail"?' },
  ],
  [
    'syncs/x.yaml',
    'from: a.b\ndestination: stats\nobject: o\nkey: id\nfields: { id: id }\n',
    { code: 'rows-unsupported', at: { line: 2 }, mend: 'These take rows: webhook.' },
  ],
  [
    'destinations/x.yaml',
    'connector: webhook\nconfig: { url: https://x.example }\nevents: {}\n',
    { code: 'no-events', at: { line: 3, field: 'events' }, mend: 'Remove "events", or use one of: events_only.' },
  ],
  [
    'destinations/x.yaml',
    'connector: events_only\nevents:\n  sources:\n    - web\n    - wep\n',
    { code: 'unknown-source', at: { line: 5, field: 'events.sources.1' }, mend: 'Did you mean "web"?' },
  ],
  [
    'destinations/x.yaml',
    'connector: events_only\nevents: { sources: [crm] }\n',
    { code: 'unknown-source', at: { line: 2 }, message: 'The source "crm" is read, and sends no events.' },
  ],
  [
    'syncs/x.yaml',
    'from: a.b\ndestination: mail\nobject: o\nkey: id\nfields: {}\n',
    { code: 'invalid-setting', at: { line: 5, field: 'fields' } },
  ],
  [
    'models/leads.sql',
    "SELECT *\nFROM ref('leads')",
    { code: 'model-cycle', at: { line: 2, column: 6 }, message: expect.stringContaining('leads → leads') },
  ],
  ['sources/x.yaml', 'kind: sdk\nwrite_key: abcdefgh\n', { code: 'duplicate-write-key', at: { line: 2 } }],
  ['sources/x.yaml', 'kind: etl\nconnector: declaretive\n', { code: 'unknown-connector', mend: 'Did you mean "declarative"?' }],
  [
    'sources/x.yaml',
    'kind: webhook\nconnector: strip\nwrite_key: stripe-key\n',
    { code: 'unknown-connector', at: { line: 2 }, mend: 'Did you mean "stripe"?' },
  ],
  [
    'sources/x.yaml',
    'kind: webhook\nconnector: stripe\nwrite_key: stripe-key\nconfig:\n  signing_secret: short\n',
    { code: 'invalid-setting', at: { line: 5, field: 'config.signing_secret' } },
  ],
  [
    'sources/x.yaml',
    'kind: webhook\nconnector: stripe\nwrite_key: stripe-key\nconfig:\n  signing_secret: ${secret:CRM}\n  tolerence: 1\n',
    { code: 'unknown-key', message: expect.stringContaining('"tolerence"') },
  ],
  [
    'destinations/x.yaml',
    'connector: webhook\nconfig:\n  url: nowhere\n',
    { code: 'invalid-setting', at: { line: 3, field: 'config.url' } },
  ],
  [
    'destinations/x.yaml',
    'connector: webhook\nconfig:\n  url: https://x.y\n  tokn: a\n',
    { code: 'unknown-key', message: expect.stringContaining('"tokn"') },
  ],
  [
    'destinations/x.yaml',
    'connector: webhook\nconfig:\n  url: ${secret:NOPE}\n',
    { code: 'unknown-secret', at: { line: 3, field: 'config.url' } },
  ],
  ['destinations/x.yaml', 'connector: webhook\nconfig:\n  url: https://${var:hots}/\n', { code: 'unknown-variable', at: { line: 3 } }],
])('%s: %j', async (path, text, problem) => {
  const found = await problems({ [path]: text })
  expect(found).toMatchObject([{ severity: 'error', ...problem, at: { file: path, ...('at' in problem ? problem.at : {}) } }])
})

test('what refers to a broken file is not blamed for it', async () => {
  const stack = await loadStack(stackOf({ ...sound, 'models/leads.sql': 'DROP TABLE x', 'destinations/mail.yaml': 'conector: webhook' }))
  expect(stack.problems.map(({ at }) => at?.file)).toContain('models/leads.sql')
  expect(validateStack(stack, known)).toEqual([])
})

test('secrets and variables are filled in wherever they stand, and nothing else changes', () => {
  const config = { url: 'https://${var:host}/${secret:CRM}?a=$1', list: ['${secret: KEY }', 5, null, { deep: '${other:x}' }], n: 1 }
  expect(resolveConfig(config, resolver, { file: 'x' })).toEqual({
    url: 'https://example.com/crm-s3cret?a=$1',
    list: ['key-of-the-web', 5, null, { deep: '${other:x}' }],
    n: 1,
  })
})

const attempt = () =>
  resolveConfig({ a: '${secret:CRM}', b: ['${secret:CRM} ${secret:NOPE}'] }, resolver, { file: 'destinations/x.yaml', field: 'config' })

test('what is missing is named with its place, and no secret is in the error', () => {
  expect(attempt).toThrow(
    expect.objectContaining({
      code: 'unknown-secret',
      at: { file: 'destinations/x.yaml', field: 'config.b.0' },
      mend: expect.stringContaining('NOPE'),
    }),
  )
  try {
    attempt()
  } catch (thrown) {
    expect(JSON.stringify(thrown) + String((thrown as Error).stack)).not.toContain('s3cret')
  }
})

test('the environment overrides variables; a variable is never an inherited property', async () => {
  const { file } = await loadStack(
    stackOf({ 'millrace.yaml': 'name: s\nvariables: { a: "1", b: "2" }\nenvironments: { prod: { variables: { a: "9" } } }\n' }),
  )
  const prod = stackResolver(file, { environment: 'prod', secret: () => undefined })
  expect(['a', 'b', 'c', 'constructor', 'toString'].map((name) => prod.variable(name))).toEqual(['9', '2', undefined, undefined, undefined])
  expect(() => stackResolver(file, { environment: 'constructor', secret: () => undefined })).toThrow(
    'There is no environment "constructor"',
  )
})

test('the collector gets sdk and webhook sources with their secrets resolved', async () => {
  const stack = await loadStack(
    stackOf({
      ...sound,
      'sources/app.yaml':
        'kind: sdk\nwrite_key: ${secret:KEY}\nenabled: false\nenrich: { ip: truncate, consent: { required: [Analytics] } }\norigins: ["*.${var:host}"]\nrate_limit: 50\nfirst_party: { path: /shop, cookie_domain: "${var:host}" }\n',
      'sources/mail.yaml': 'kind: webhook\nconnector: stripe\nwrite_key: mail-key-1\nconfig: { signing_secret: "${secret:CRM}" }\n',
    }),
  )
  const enrich = { geo: true, user_agent: true, campaign: true, bots: 'flag', ip: 'keep', future_after: 60 }
  const ofApp = { ...enrich, ip: 'truncate', consent: { required: ['Analytics'] } }
  expect(edgeConfig(stack, resolver, [])).toEqual({
    sources: [
      {
        kind: 'sdk',
        name: 'app',
        write_key: 'key-of-the-web',
        enabled: false,
        enrich: ofApp,
        transforms: [],
        origins: ['*.example.com'],
        rate_limit: 50,
        first_party: { path: '/shop', cookie_domain: 'example.com' },
      },
      {
        kind: 'webhook',
        name: 'mail',
        write_key: 'mail-key-1',
        enabled: true,
        enrich,
        transforms: [],
        connector: 'stripe',
        config: { signing_secret: 'crm-s3cret' },
      },
      { kind: 'sdk', name: 'web', write_key: 'abcdefgh', enabled: true, enrich, transforms: [], first_party: { path: '/a' } },
    ],
    destinations: [],
    plans: [],
    transforms: [],
  })
})

test('the collector gets the destinations of events with their secrets resolved, and no others', async () => {
  const stack = await loadStack(
    stackOf({
      ...sound,
      'destinations/stats.yaml':
        'connector: events_only\nconfig: { key: "${secret:CRM}", n: 1 }\nevents:\n  sources: [web]\n  types: [track]\n  include: [Order Completed]\n  consent: [Advertising]\n',
      'destinations/off.yaml': 'connector: events_only\nevents: { enabled: false }\n',
    }),
  )
  expect(stack.problems).toEqual([])
  const filter = { sources: ['web'], types: ['track'], include: ['Order Completed'], exclude: [], consent: ['Advertising'] }
  expect(edgeConfig(stack, resolver, []).destinations).toEqual([
    { name: 'off', connector: 'events_only', config: {}, events: { enabled: false, exclude: [], consent: [] } },
    { name: 'stats', connector: 'events_only', config: { key: 'crm-s3cret', n: 1 }, events: { enabled: true, ...filter } },
  ])
})

test('the collector gets the plans that its sources name, and no source without its plan', async () => {
  const named = { ...sound, 'plans/other.yaml': 'events: {}', 'sources/web.yaml': 'kind: sdk\nwrite_key: abcdefgh\nplan: web\n' }
  const { sources, plans } = edgeConfig(await loadStack(stackOf(named)), resolver, [])
  expect(sources).toMatchObject([{ name: 'web', plan: 'web' }])
  expect(plans).toMatchObject([
    { name: 'web', version: expect.stringMatching(/^[0-9a-f]{12}$/), rules: { unplanned_event: 'flag' }, events: { Order: {} } },
  ])
  const broken = await loadStack(stackOf({ ...named, 'plans/web.yaml': 'evnts: {}' }))
  expect(validateStack(broken, known)).toEqual([])
  expect(() => edgeConfig(broken, resolver, [])).toThrow(
    expect.objectContaining({ code: 'invalid-setting', at: { file: 'sources/web.yaml', field: 'plan' } }),
  )
})

test.each([
  ['origins: [https://shop.example/path]', 'origins.0'],
  ['first_party: { path: /admin }', 'first_party.path'],
  ['first_party: { cookie_domain: https://x }', 'first_party.cookie_domain'],
  ['max_event_bytes: 9999999', 'max_event_bytes'],
])('a setting that the collector would refuse: %s', async (setting, field) => {
  const stack = await loadStack(stackOf({ ...sound, 'sources/xtra.yaml': `kind: sdk\nwrite_key: xtra-key\n${setting}\n` }))
  expect(() => edgeConfig(stack, resolver, [])).toThrow(
    expect.objectContaining({ code: 'invalid-setting', at: { file: 'sources/xtra.yaml', field } }),
  )
})

test.each([
  ['${secret:SAME}', 'duplicate-write-key'],
  ['${secret:MISSING}', 'unknown-secret'],
  ['${secret:SHORT}', 'invalid-setting'],
])('a write key that the collector would refuse: %s', async (write_key, code) => {
  const stack = await loadStack(stackOf({ ...sound, 'sources/xtra.yaml': `kind: sdk\nwrite_key: ${write_key}\n` }))
  expect(() => edgeConfig(stack, resolver, [])).toThrow(
    expect.objectContaining({ code, at: expect.objectContaining({ file: 'sources/xtra.yaml' }) }),
  )
})
