import { z } from 'zod'
import { lookup, lookupText } from '../../connector/lookup.ts'
import { verifyHmac } from '../../connector/signature.ts'
import { defineWebhookSource } from '../../connector/webhook-source.ts'

const config = z.strictObject({
  secret: z.string().min(1).meta({ secret: true }).describe("The app's client secret, or the key that Notifications, Webhooks shows."),
  anonymous_id: z
    .string()
    .default('rudderAnonymousId')
    .describe("Name of the cart attribute in which the shop's pages put the anonymous id of their SDK."),
})

/** RudderStack's names of the topics (rudder-transformer, src/sources/shopify). */
const names: Record<string, string> = {
  'checkouts/create': 'Checkout Started',
  'checkouts/update': 'Checkout Updated',
  'checkouts/delete': 'Checkout Deleted',
  'orders/create': 'Order Created',
  'orders/updated': 'Order Updated',
  'orders/edited': 'Order Edited',
  'orders/paid': 'Order Paid',
  'orders/cancelled': 'Order Cancelled',
  'orders/fulfilled': 'Order Fulfilled',
  'orders/partially_fulfilled': 'Order Partially Fulfilled',
  'orders/delete': 'Order Deleted',
  'carts/update': 'Cart Update',
  'customers/enable': 'Customer Enabled',
  'customers/disable': 'Customer Disabled',
  'fulfillments/create': 'Fulfillments Create',
  'fulfillments/update': 'Fulfillments Update',
}

/** Shopify's webhooks. The topic is in a header; a customer is identified, with every order and checkout too. */
export const shopify = defineWebhookSource({
  name: 'shopify',
  title: 'Shopify',
  description: 'Orders, checkouts, carts and customers of a shop. In Shopify: Settings, Notifications, Webhooks, in the format JSON.',
  config,
  // shopify.dev/docs/apps/build/webhooks/verify-deliveries
  verify: ({ secret }, request) => verifyHmac(request, { header: 'x-shopify-hmac-sha256', secret, encoding: 'base64' }),
  events({ anonymous_id: attribute }, item, { headers }) {
    const topic = headers.get('x-shopify-topic') ?? 'shopify'
    // The id of the delivery is what Shopify repeats when it tries again.
    const id = headers.get('x-shopify-webhook-id') ?? headers.get('x-shopify-event-id') ?? undefined
    const isCustomer = topic === 'customers/create' || topic === 'customers/update'
    const customer = isCustomer ? item : lookup(item, 'customer')
    const email = lookupText(customer, 'email') ?? lookupText(item, 'email', 'contact_email')
    const common = {
      userId: lookupText(customer, 'id'),
      anonymousId: attributeOf(item, attribute) ?? lookupText(item, 'cart_token', ...(topic.startsWith('carts/') ? ['token'] : [])),
      timestamp: headers.get('x-shopify-triggered-at') ?? lookupText(item, 'updated_at', 'created_at'),
      context: {
        shopify: { topic, shop: headers.get('x-shopify-shop-domain') ?? undefined },
        traits: email && { email },
      },
    }
    const identify = {
      ...common,
      type: 'identify' as const,
      messageId: id === undefined ? undefined : `${id}-identify`,
      traits: {
        email,
        firstName: lookup(customer, 'first_name'),
        lastName: lookup(customer, 'last_name'),
        phone: lookup(customer, 'phone'),
        company: lookup(customer, 'default_address.company'),
        address: lookup(customer, 'default_address'),
        createdAt: lookup(customer, 'created_at'),
      },
    }
    if (isCustomer) return [identify]
    const properties = { ...item, ...(Array.isArray(item['line_items']) ? orderOf(item, item['line_items']) : {}) }
    const track = { ...common, type: 'track' as const, event: names[topic] ?? topic, messageId: id, properties }
    return common.userId === undefined ? [track] : [track, identify]
  },
})

/** What an order or checkout holds, under the names of the e-commerce spec, as RudderStack has them. */
function orderOf(item: object, lines: readonly unknown[]) {
  return {
    order_id: lookupText(item, 'id'),
    value: numberOf(lookup(item, 'total_price')),
    tax: numberOf(lookup(item, 'total_tax')),
    products: lines.map((line) => ({
      product_id: lookupText(line, 'product_id'),
      sku: lookup(line, 'sku'),
      title: lookup(line, 'name') ?? lookup(line, 'title'),
      price: numberOf(lookup(line, 'price')),
      brand: lookup(line, 'vendor'),
      quantity: lookup(line, 'quantity'),
    })),
  }
}

function attributeOf(item: object, name: string): string | undefined {
  const attributes = lookup(item, 'note_attributes')
  if (!Array.isArray(attributes)) return undefined
  return lookupText(
    attributes.find((attribute) => lookup(attribute, 'name') === name),
    'value',
  )
}

/** Shopify writes money as text: "199.00". */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}
