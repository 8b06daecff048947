import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { catalogue } from '../world/catalogue.ts'
import type { Purchase } from '../world/person.ts'
import type { World } from '../world/world.ts'
import { credentials, notFound, pageNumber, serveTool, type Tool, type ToolReply, type ToolRequest } from './server.ts'

/** As the simulated payments tool's API shows them. Amounts in cents, times in seconds since the epoch. */
export interface Customer {
  id: string
  object: 'customer'
  email: string
  name: string
  guest: boolean
  created: number
}

export interface Order {
  id: string
  object: 'order'
  customer: string
  amount: number
  discount: number
  currency: 'usd'
  status: 'paid' | 'refunded'
  channel: 'web' | 'phone'
  created: number
  updated: number
}

export interface OrderLine {
  id: string
  order: string
  sku: string
  quantity: number
  unit_amount: number
}

export interface PaymentRecords {
  customers: Customer[]
  orders: Order[]
  /** By customer. */
  lines: Map<string, OrderLine[]>
}

/** The order's id, which the storefront knows too. */
export function orderId(personNumber: number, index: number): string {
  return `ord_${String(personNumber).padStart(5, '0')}_${index + 1}`
}

/** What the payments tool sees: e-mail addresses as typed at the checkout, some in capitals; a guest is a customer of their own. */
export function paymentRecords(world: World): PaymentRecords {
  const records: PaymentRecords = { customers: [], orders: [], lines: new Map() }
  for (const person of world.people) {
    const first = Math.min(...person.purchases.map((purchase) => purchase.at), world.settings.now - 86_400_000)
    for (let account = 0; account < person.paymentAccounts; account++) {
      records.customers.push({
        id: customerId(person.number, account),
        object: 'customer',
        email: person.number % 11 === 3 ? person.email.toUpperCase() : person.email,
        name: `${person.firstName} ${person.lastName}`,
        guest: account > 0,
        created: seconds(first),
      })
    }
    for (const [index, purchase] of person.purchases.entries()) addOrder(records, person.number, index, person.paymentAccounts, purchase)
  }
  records.orders.sort((one, other) => one.updated - other.updated || (one.id < other.id ? -1 : 1))
  return records
}

function addOrder(records: PaymentRecords, person: number, index: number, accounts: number, purchase: Purchase): void {
  const id = orderId(person, index)
  const customer = customerId(person, index % accounts)
  const created = seconds(purchase.at)
  records.orders.push({
    id,
    object: 'order',
    customer,
    amount: purchase.amount,
    discount: purchase.discount,
    currency: 'usd',
    status: purchase.status,
    channel: purchase.channel,
    created,
    // A refund comes an hour later.
    updated: purchase.status === 'refunded' ? created + 3600 : created,
  })
  const lines = records.lines.get(customer) ?? []
  records.lines.set(customer, lines)
  for (const [number, line] of purchase.lines.entries()) {
    lines.push({ id: `${id}_${number + 1}`, order: id, sku: line.sku, quantity: line.quantity, unit_amount: line.price })
  }
}

export interface Payments extends Tool {
  /** A new purchase of a person who has bought before, as live traffic makes it; the next incremental read sees it. */
  add(person: number, purchase: Purchase): void
}

/**
 * The simulated payments tool. Basic, with the key as user name and no password.
 * - `GET /v1/customers?limit=100&starting_after=ID` and `GET /v1/orders?…&updated[gte]=SECONDS`:
 *   `{ data, has_more }`, orders by `updated`.
 * - `GET /v1/customers/ID/lines?limit=100&starting_after=ID`: the lines of all the customer's orders.
 * - `GET /v1/skus?limit=10&offset=0`
 * @param file where purchases of live traffic are remembered, a JSON line each
 */
export async function servePayments(world: World, key: string, file: string): Promise<Payments> {
  for (const { person, purchase } of readPurchases(file)) world.people[person]?.purchases.push(purchase)
  const records = paymentRecords(world)
  const tool = await serveTool({
    name: 'payments',
    title: 'Simulated payments tool',
    authenticate: (request) => credentials(request, 'Basic') === `${key}:`,
    answer: (request) => answer(records, request),
  })
  return {
    ...tool,
    add(number, purchase) {
      const person = world.people[number]!
      person.purchases.push(purchase)
      addOrder(records, number, person.purchases.length - 1, person.paymentAccounts, purchase)
      appendFileSync(file, `${JSON.stringify({ person: number, purchase })}\n`)
    },
  }
}

/** Purchases that live traffic made at earlier starts. */
function readPurchases(file: string): { person: number; purchase: Purchase }[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter(Boolean).map((line) => JSON.parse(line) as { person: number; purchase: Purchase })
}

function answer(records: PaymentRecords, request: ToolRequest): ToolReply {
  if (request.method !== 'GET') return notFound
  if (request.path === '/v1/customers') return list(records.customers, request)
  if (request.path === '/v1/orders') {
    const since = Number(request.query.get('updated[gte]') ?? 0)
    const until = Number(request.query.get('updated[lte]') ?? Number.MAX_SAFE_INTEGER)
    if (Number.isNaN(since) || Number.isNaN(until)) {
      return {
        status: 400,
        body: { error: { code: 'invalid_time', message: 'updated[gte] and updated[lte] are seconds since the epoch.' } },
      }
    }
    return list(
      records.orders.filter((order) => order.updated >= since && order.updated <= until),
      request,
    )
  }
  if (request.path === '/v1/skus') {
    const offset = pageNumber(request, 'offset', 0, catalogue.length)
    const limit = Math.max(1, pageNumber(request, 'limit', 10, 10))
    return { status: 200, body: { items: catalogue.slice(offset, offset + limit) } }
  }
  const customer = /^\/v1\/customers\/(cus_\w+)\/lines$/.exec(request.path)?.[1]
  if (customer === undefined || !records.customers.some(({ id }) => id === customer)) return notFound
  return list(records.lines.get(customer) ?? [], request)
}

function list<Item extends { id: string }>(items: readonly Item[], request: ToolRequest): ToolReply {
  const after = request.query.get('starting_after')
  const start = after === null ? 0 : items.findIndex((item) => item.id === after) + 1
  if (after !== null && start === 0) return { status: 400, body: { error: { code: 'unknown_id', message: `There is no ${after}.` } } }
  const limit = Math.max(1, pageNumber(request, 'limit', 10, 100))
  return { status: 200, body: { object: 'list', data: items.slice(start, start + limit), has_more: start + limit < items.length } }
}

function customerId(person: number, account: number): string {
  return `cus_${String(person).padStart(5, '0')}${account === 0 ? '' : `_guest${account}`}`
}

function seconds(at: number): number {
  return Math.floor(at / 1000)
}
