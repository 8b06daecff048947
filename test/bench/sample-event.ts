import { randomUUID } from 'node:crypto'

/** A track event as a web SDK sends it: what the collector's benches send. */
export function sampleEvent(index: number) {
  return {
    type: 'track',
    event: 'Order Completed',
    userId: `user-${index % 500}`,
    messageId: `bench-${randomUUID()}`,
    timestamp: new Date().toISOString(),
    context: { library: { name: 'bench', version: '1.0.0' }, page: { url: 'https://shop.example/checkout', title: 'Checkout' } },
    properties: {
      order_id: `o-${index}`,
      total: 12.5 + index,
      currency: 'EUR',
      products: [
        { sku: 'a-1', price: 5 },
        { sku: 'b-2', price: 7.5 },
      ],
    },
  }
}

/** Bodies of /v1/batch. */
export function sampleBatches(count: number, size: number): string[] {
  return Array.from({ length: count }, (_, batch) =>
    JSON.stringify({
      batch: Array.from({ length: size }, (_item, index) => sampleEvent(batch * size + index)),
      sentAt: new Date().toISOString(),
    }),
  )
}
