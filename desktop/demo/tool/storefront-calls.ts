import { catalogue, pageTitle } from '../world/catalogue.ts'
import type { Person, Purchase, Visit } from '../world/person.ts'
import type { World } from '../world/world.ts'
import { orderId } from './payments.ts'

/** A call of the analytics SDK, as the simulated storefront makes it. */
export type StorefrontCall = {
  messageId: string
  /** Milliseconds since the epoch. */
  at: number
  anonymousId: string
  userId?: string
  campaign?: string
} & CallBody

export type CallBody =
  | { type: 'page'; path: string; title: string }
  | { type: 'identify'; userId: string; traits: Record<string, unknown> }
  | { type: 'track'; event: string; properties: Record<string, unknown> }

/** All of the world's calls in the order they happened; one in a hundred is made twice, with the same messageId, some time later. */
export function storefrontCalls(world: World): StorefrontCall[] {
  const calls = world.people
    .flatMap((person) => [
      ...person.visits.flatMap((visit, index) => visitCalls(person, visit, `${world.settings.seed}-${person.number}-v${index}`)),
      ...person.purchases.flatMap((purchase, index) =>
        orderCalls(person, purchase, index, `${world.settings.seed}-${person.number}-o${index}`),
      ),
    ])
    .toSorted((one, other) => one.at - other.at)
  return calls.flatMap((call, index) => {
    const earlier = calls[index - 250]
    return earlier !== undefined && index % 100 === 99 ? [call, earlier] : [call]
  })
}

/** The calls of one visit: a page call a page, `Product Viewed` on product pages, identify where the visitor signs in. */
export function visitCalls(person: Person, visit: Visit, id: string): StorefrontCall[] {
  const calls: StorefrontCall[] = []
  const campaign = visit.campaign === undefined ? {} : { campaign: visit.campaign }
  for (const [index, page] of visit.pages.entries()) {
    const signsIn = visit.mode === 'signs-in' && index === visit.signsInBefore
    const known = person.userId !== undefined && (visit.mode === 'signed-in' || (visit.mode === 'signs-in' && index >= visit.signsInBefore))
    const common = { anonymousId: visit.device, ...(known && { userId: person.userId! }), ...campaign }
    if (signsIn) {
      calls.push({
        ...common,
        messageId: `identify-${id}`,
        at: page.at,
        userId: person.userId!,
        type: 'identify',
        traits: traitsOf(person),
      })
    }
    calls.push({ ...common, messageId: `page-${id}-${index}`, at: page.at, type: 'page', path: page.path, title: pageTitle(page.path) })
    const product = catalogue.find((sku) => page.path === `/products/${sku.slug}`)
    // Only when they scrolled to the price.
    if (product !== undefined && (person.number + index) % 3 === 0) {
      const properties = {
        product_id: product.id,
        sku: product.id,
        name: product.name,
        category: product.category,
        price: product.price / 100,
      }
      calls.push({ ...common, messageId: `view-${id}-${index}`, at: page.at + 5_000, type: 'track', event: 'Product Viewed', properties })
    }
  }
  return calls
}

/** `Order Completed`, for purchases made on the web. */
export function orderCalls(person: Person, purchase: Purchase, index: number, id: string): StorefrontCall[] {
  if (purchase.channel !== 'web' || person.userId === undefined || purchase.device === undefined) return []
  const properties = {
    order_id: orderId(person.number, index),
    total: purchase.amount / 100,
    discount: purchase.discount / 100,
    currency: 'USD',
    products: purchase.lines.map((line) => ({ product_id: line.sku, quantity: line.quantity, price: line.price / 100 })),
  }
  return [
    {
      messageId: `order-${id}`,
      at: purchase.at,
      anonymousId: purchase.device,
      userId: person.userId,
      type: 'track',
      event: 'Order Completed',
      properties,
    },
  ]
}

/** What an account holds. The e-mail address as the person wrote it. */
function traitsOf(person: Person): Record<string, unknown> {
  return { email: person.email, first_name: person.firstName, last_name: person.lastName }
}
