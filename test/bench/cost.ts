import type { Report } from './figure.ts'

/*
 * What a million events cost on Cloudflare at list prices, and whether its limits hold:
 * arithmetic over prices and limits that stand here with their source, and over two figures that the caller measured.
 * Warehouse and egress are not in it: ClickHouse has prices of its own, and Workers pay none for traffic.
 */

/** Dollars, Workers Paid plan, above what the plan includes (developers.cloudflare.com/workers/platform/pricing, …/durable-objects/platform/pricing). */
const price = {
  request: 0.3 / 1e6,
  cpuMillisecond: 0.02 / 1e6,
  objectRequest: 0.15 / 1e6,
  rowWritten: 1 / 1e6,
  objectGigabyteSecond: 12.5 / 1e6,
}

/** Calls a second that one object takes (developers.cloudflare.com/durable-objects/reference/faq: a soft limit). */
const callsPerSecond = 1000

/** Gigabytes an active object is billed for, whatever it uses (…/durable-objects/platform/pricing). */
const objectMemory = 0.128

export interface Traffic {
  name: string
  eventsPerSecond: number
  eventsPerRequest: number
  /** Requests that an isolate gathers into one call of the spool (`edge/spool/gather.ts`). */
  requestsPerLot: number
  /** Objects that share the spool (SPOOL_SHARDS). */
  shards: number
}

/** A lot is one row written and, once the warehouse has it, one deleted; a flush writes a handful for thousands of events, and is left out. */
const rowsPerLot = 2

/** Dollars for a million events. @param cpu milliseconds a request takes, flush included */
export function costOfMillion({ eventsPerSecond, eventsPerRequest, requestsPerLot, shards }: Traffic, cpu: number): number {
  const requests = 1e6 / eventsPerRequest
  const lots = requests / requestsPerLot
  const objectSeconds = (1e6 / eventsPerSecond) * shards
  return (
    requests * (price.request + cpu * price.cpuMillisecond) +
    lots * (price.objectRequest + rowsPerLot * price.rowWritten) +
    objectSeconds * objectMemory * price.objectGigabyteSecond
  )
}

/** @param cpu milliseconds of CPU that a request of one event, and one of a hundred, takes here */
export function reportCost(report: Report, cpu: { single: number; hundred: number }): void {
  const traffics: (Traffic & { cpu: number })[] = [
    { name: '100/s, one a request', eventsPerSecond: 100, eventsPerRequest: 1, requestsPerLot: 1, shards: 1, cpu: cpu.single },
    { name: '10k/s, one a request', eventsPerSecond: 10_000, eventsPerRequest: 1, requestsPerLot: 5, shards: 8, cpu: cpu.single },
    { name: '10k/s, 20 a request', eventsPerSecond: 10_000, eventsPerRequest: 20, requestsPerLot: 1, shards: 4, cpu: cpu.hundred / 5 },
    { name: '1M/s, 20 a request', eventsPerSecond: 1e6, eventsPerRequest: 20, requestsPerLot: 5, shards: 64, cpu: cpu.hundred / 5 },
  ]
  for (const traffic of traffics) {
    const lotsPerShard = traffic.eventsPerSecond / traffic.eventsPerRequest / traffic.requestsPerLot / traffic.shards
    report({
      name: `a million events at ${traffic.name}`,
      value: costOfMillion(traffic, traffic.cpu),
      unit: 'dollars',
      against: `Cloudflare's list prices; ${traffic.requestsPerLot} requests a lot, ${traffic.shards} shards, each ${Math.round(lotsPerShard)} of at most ${callsPerSecond} calls/s`,
      ratio: lotsPerShard / callsPerSecond,
      goal: '≤ 1',
      pass: lotsPerShard <= callsPerSecond,
    })
  }
}
