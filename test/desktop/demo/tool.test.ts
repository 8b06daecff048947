import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lead, serveCrm } from '#desktop/demo/tool/crm.ts'
import { type Order, type Payments, servePayments } from '#desktop/demo/tool/payments.ts'
import type { Tool } from '#desktop/demo/tool/server.ts'
import { makeWorld } from '#desktop/demo/world/world.ts'

const now = Date.parse('2026-03-18T14:30:00Z')
const world = makeWorld({ seed: 2, people: 400, now })

describe('the simulated CRM', () => {
  let crm: Tool
  beforeAll(async () => void (crm = await serveCrm(world, 'a-token')))
  afterAll(() => crm.stop())
  const get = (path: string, headers: Record<string, string> = { authorization: 'Bearer a-token' }) => fetch(crm.url + path, { headers })

  it('says that it is simulated', async () => {
    expect(await (await get('/')).json()).toEqual({ tool: 'Simulated CRM', simulated: true })
  })

  it('wants its token', async () => {
    expect((await get('/api/leads', {})).status).toBe(401)
    expect((await get('/api/leads', { authorization: 'Bearer another' })).status).toBe(401)
  })

  it('refuses a web page and a foreign host name', async () => {
    expect((await get('/api/leads', { authorization: 'Bearer a-token', origin: 'https://evil.example' })).status).toBe(403)
  })

  it('gives every lead exactly once over its pages, by updated_at', async () => {
    const leads: Lead[] = []
    for (let page = 1; ; page++) {
      const { data } = (await (await get(`/api/leads?page=${page}&per_page=50`)).json()) as { data: { leads: Lead[] } }
      if (data.leads.length === 0) break
      leads.push(...data.leads)
    }
    expect(leads).toHaveLength(world.people.reduce((sum, person) => sum + person.leads.length, 0))
    expect(new Set(leads.map((lead) => lead.id)).size).toBe(leads.length)
    expect(leads.map((lead) => lead.updated_at)).toEqual(leads.map((lead) => lead.updated_at).toSorted())
    expect(leads.every((lead) => lead.email === lead.email.toLowerCase())).toBe(true)
  })

  it('gives only what changed since, the bound included', async () => {
    const all = ((await (await get('/api/leads?per_page=200')).json()) as { data: { leads: Lead[] } }).data.leads
    const since = all[100]!.updated_at
    const { meta, data } = (await (await get(`/api/leads?updated_since=${since}&per_page=200`)).json()) as {
      meta: { total: number }
      data: { leads: Lead[] }
    }
    expect(data.leads[0]!.updated_at).toBe(since)
    expect(meta.total).toBe(
      world.people.reduce((sum, person) => sum + person.leads.length, 0) - all.findIndex((lead) => lead.updated_at === since),
    )
    expect((await get('/api/leads?updated_since=yesterday')).status).toBe(422)
  })
})

describe('the simulated payments tool', () => {
  let payments: Payments
  const folder = mkdtempSync(join(tmpdir(), 'millrace-payments-'))
  beforeAll(async () => void (payments = await servePayments(world, 'a-key', join(folder, 'orders.jsonl'))))
  afterAll(async () => {
    await payments.stop()
    rmSync(folder, { recursive: true })
  })
  const get = async (path: string) => {
    const response = await fetch(payments.url + path, { headers: { authorization: `Basic ${btoa('a-key:')}` } })
    return { status: response.status, body: (await response.json()) as { data: { id: string }[]; items: unknown[]; has_more: boolean } }
  }
  const all = async (path: string) => {
    const found: { id: string }[] = []
    for (let after = ''; ;) {
      const { body } = await get(`${path}${path.includes('?') ? '&' : '?'}limit=100${after}`)
      found.push(...body.data)
      if (!body.has_more) return found
      after = `&starting_after=${body.data.at(-1)!.id}`
    }
  }

  it('wants its key', async () => {
    expect((await fetch(`${payments.url}/v1/orders`, { headers: { authorization: `Basic ${btoa('another:')}` } })).status).toBe(401)
  })

  it('gives every order exactly once, and its lines through the customer', async () => {
    const orders = await all('/v1/orders')
    expect(orders).toHaveLength(world.people.reduce((sum, person) => sum + person.purchases.length, 0))
    expect(new Set(orders.map((order) => order.id)).size).toBe(orders.length)
    const lines: { id: string }[] = []
    for (const customer of await all('/v1/customers')) lines.push(...(await all(`/v1/customers/${customer.id}/lines`)))
    expect(lines).toHaveLength(world.people.flatMap((person) => person.purchases.flatMap((purchase) => purchase.lines)).length)
  })

  it('sums the lines less the discount to the amount', async () => {
    const [order] = (await all('/v1/orders')) as Order[]
    const lines = (await all(`/v1/customers/${order!.customer}/lines`)) as unknown as {
      order: string
      quantity: number
      unit_amount: number
    }[]
    const worth = lines.filter((line) => line.order === order!.id).reduce((sum, line) => sum + line.quantity * line.unit_amount, 0)
    expect(worth - order!.discount).toBe(order!.amount)
  })

  it('gives only orders updated since, in seconds', async () => {
    const orders = (await all('/v1/orders')) as Order[]
    const since = orders[300]!.updated
    const later = (await all(`/v1/orders?updated[gte]=${since}`)) as Order[]
    expect(later).toEqual(orders.filter((order) => order.updated >= since))
    expect((await get('/v1/orders?updated[gte]=soon')).status).toBe(400)
  })

  it('pages its products by offset', async () => {
    expect((await get('/v1/skus?offset=10')).body.items).toHaveLength(10)
    expect((await get('/v1/skus?offset=20')).body.items).toHaveLength(0)
  })

  it('answers 404 to an unknown customer', async () => {
    expect((await get('/v1/customers/cus_nobody/lines')).status).toBe(404)
  })
})
