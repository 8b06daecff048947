import { catalogue } from './catalogue.ts'
import type { Purchase } from './person.ts'
import type { Random } from './random.ts'

/** A purchase of exactly `amount` cents: products until they are worth as much, and a discount for the rest. */
export function purchase(order: { random: Random; at: number; amount: number; status?: Purchase['status']; device?: string }): Purchase {
  const lines: Purchase['lines'] = []
  let worth = 0
  while (worth < order.amount) {
    const sku = order.random.pick(catalogue)
    const quantity = Math.min(order.random.between(1, 3), Math.ceil((order.amount - worth) / sku.price))
    lines.push({ sku: sku.id, quantity, price: sku.price })
    worth += quantity * sku.price
  }
  return {
    at: order.at,
    amount: order.amount,
    discount: worth - order.amount,
    lines,
    status: order.status ?? 'paid',
    ...(order.device === undefined ? { channel: 'phone' as const } : { channel: 'web' as const, device: order.device }),
  }
}
