import { catalogue } from './catalogue.ts'
import type { Purchase } from './person.ts'
import type { Random } from './random.ts'

interface Order {
  random: Random
  at: number
  status?: Purchase['status']
  /** The browser it was made in; without it, it was made by phone. */
  device?: string
}

/** A purchase of exactly `amount` cents: products until they are worth as much, and a discount for the rest. */
export function exactPurchase(order: Order & { amount: number }): Purchase {
  const { lines, worth } = fillBasket(order.random, order.amount)
  return makePurchase(order, lines, worth, worth - order.amount)
}

/** A purchase of about `budget` cents, at full price or with a coupon for a tenth or a fifth off. */
export function ordinaryPurchase(order: Order & { budget: number; couponChance: number }): Purchase {
  const { lines, worth } = fillBasket(order.random, order.budget)
  const share = order.random.chance(order.couponChance) ? order.random.pick([0.1, 0.2]) : 0
  return makePurchase(order, lines, worth, Math.round(worth * share))
}

function fillBasket(random: Random, budget: number): { lines: Purchase['lines']; worth: number } {
  const lines: Purchase['lines'] = []
  let worth = 0
  while (worth < budget) {
    const sku = random.pick(catalogue.filter(({ price }) => price < (budget - worth) * 1.5 || price < 1500))
    const quantity = Math.min(random.between(1, 3), Math.ceil((budget - worth) / sku.price))
    lines.push({ sku: sku.id, quantity, price: sku.price })
    worth += quantity * sku.price
  }
  return { lines, worth }
}

function makePurchase(order: Order, lines: Purchase['lines'], worth: number, discount: number): Purchase {
  return {
    at: order.at,
    amount: worth - discount,
    discount,
    lines,
    status: order.status ?? 'paid',
    ...(order.device === undefined ? { channel: 'phone' as const } : { channel: 'web' as const, device: order.device }),
  }
}
