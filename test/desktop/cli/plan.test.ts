import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { millrace } from '#test/fixture/command.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { makeStack, type TestStack } from '#test/fixture/stack-folder.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

vi.setConfig({ testTimeout: 240_000 })

const key = 'write-key-of-web'
const source = (plan: string) => `kind: sdk\nwrite_key: ${key}\n${plan}`

let warehouse: TestWarehouse
let edge: TestEdge
let stack: TestStack
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  edge = await startTestEdge({ warehouse })
  stack = await makeStack({
    'millrace.yaml': `name: shop
warehouse: { url: '${warehouse.url}', user: '${warehouse.user}', password: '\${secret:WAREHOUSE_PASSWORD}' }
edge: { url: '${edge.url}', admin_token: '\${secret:ADMIN_TOKEN}' }
`,
    'sources/web.yaml': source(''),
  })
})
afterAll(async () => {
  await stack?.remove()
  await edge?.stop()
  await warehouse?.stop()
})

async function run(...args: string[]) {
  const env = { WAREHOUSE_PASSWORD: warehouse.password, ADMIN_TOKEN: edge.adminToken }
  const { code, lines, stdout, stderr } = await millrace(args, { cwd: stack.path, env })
  expect(stderr).not.toMatch(/\n\s+at /)
  return { code, result: lines.find((line) => line['type'] === 'result'), stdout, stderr }
}

async function send(...batch: object[]) {
  const body = JSON.stringify({ batch: batch.map((event) => ({ type: 'track', userId: 'u', ...event })) })
  const response = await fetch(`${edge.url}/v1/batch`, { method: 'POST', body, headers: { authorization: `Basic ${btoa(`${key}:`)}` } })
  await edge.flush()
  return (await response.json()) as unknown
}

it('infers a plan from what was sent, holds what was sent against it, publishes it, and tells what broke it since', async () => {
  const orders = Array.from({ length: 40 }, (_, index) => ({
    event: 'Order Completed',
    messageId: `o${index}`,
    properties: {
      id: `o${index}`,
      total: index + 0.5,
      'a.b': { c: 1 },
      currency: index % 2 ? 'EUR' : 'USD',
      ...(index > 20 ? { note: 'x' } : {}),
    },
  }))
  await send(...orders, orders[0]!, { type: 'identify', messageId: 'i1', traits: { age: 7, big: 2 ** 60 } })

  const inferred = await run('plan', 'infer', '--source', 'web', '--enums', '3')
  expect(inferred.code).toBe(0)
  expect(inferred.stderr).toContain('Inferred from 41 events.')
  const plan = parse(inferred.stdout) as Record<string, any>
  expect(plan['events']['Order Completed'].schema).toEqual({
    type: 'object',
    required: ['a.b', 'currency', 'id', 'total'],
    properties: {
      'a.b': { type: 'object', required: ['c'], properties: { c: { type: 'integer' } } },
      currency: { type: 'string', enum: ['EUR', 'USD'] },
      id: { type: 'string' },
      note: { type: 'string' },
      total: { type: 'number' },
    },
  })
  expect(plan['identify'].schema.properties).toEqual({ age: { type: 'integer' }, big: { type: 'integer' } })

  await stack.write('plans/web.yaml', inferred.stdout)
  const unnamed = await run('plan', 'check', 'web')
  expect([unnamed.code, unnamed.stderr]).toEqual([1, expect.stringContaining('No source names the plan "web"')])
  await stack.write('sources/web.yaml', source('plan: web\n'))
  const sound = await run('plan', 'check', 'web', '--json')
  expect(sound.code).toBe(0)
  expect(sound.result).toMatchObject({ sources: ['web'], events: 41, sound: 41, flagged: 0, rejected: 0, findings: [] })

  await stack.write(
    'plans/web.yaml',
    inferred.stdout.replace('required_missing: flag', 'required_missing: reject').replace('- id\n', '- id\n        - note\n'),
  )
  const strict = await run('plan', 'check', 'web', '--json')
  expect(strict.code).toBe(1)
  expect(strict.result).toMatchObject({ sound: 20, rejected: 21 })
  expect(strict.result!['findings']).toEqual([
    {
      type: 'track',
      event: 'Order Completed',
      rule: 'required_missing',
      path: 'properties.note',
      action: 'reject',
      message: 'properties.note is required.',
      events: 21,
      messageId: expect.stringMatching(/^o\d+$/),
    },
  ])
  expect((await run('plan', 'check', 'web')).stdout).toContain('21 would be rejected.')

  expect((await run('publish')).code).toBe(0)
  expect(
    await send({ event: 'Order Completed', messageId: 'late', properties: { id: 'l', total: 1, currency: 'EUR', 'a.b': { c: 1 } } }),
  ).toMatchObject({
    accepted: 0,
    rejected: [{ code: 'plan-violation', field: 'properties.note' }],
  })
  await send({ event: 'Unheard Of', messageId: 'unheard' })
  const violations = await run('plan', 'violations', '--json')
  expect(violations.result).toMatchObject({
    total: 2,
    violations: expect.arrayContaining([
      expect.objectContaining({
        source: 'web',
        plan: 'web',
        rule: 'required_missing',
        path: 'properties.note',
        action: 'reject',
        events: 1,
        messageId: 'late',
      }),
      expect.objectContaining({ event: 'Unheard Of', rule: 'unplanned_event', action: 'flag' }),
    ]),
  })
})

it('says what is missing: events, plans', async () => {
  const none = await run('plan', 'infer', '--event', 'Never Sent')
  expect([none.code, none.stdout]).toEqual([1, ''])
  expect(none.stderr).toContain('No such event came in within the last 30 days.')
  const unknown = await run('plan', 'check', 'webb')
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('Did you mean "web"?')])
  expect((await run('plan', 'check')).code).toBe(2)
})
