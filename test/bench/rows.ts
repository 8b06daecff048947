import { Acceptor } from '#core/event/accept.ts'
import { parseJson } from '#core/event/parse.ts'
import { receptionOf } from '../fixture/reception.ts'
import type { Report } from './figure.ts'
import { median } from './median.ts'
import { sampleBatches } from './sample-event.ts'

const batches = 200
const batchSize = 100
const rounds = 9

const reception = receptionOf({ visitor: { ip: '192.0.2.1' } })

/** An event as it comes in to its row as it goes to the warehouse, on one core: parsed, checked, enriched, written, noted for the views. */
export async function run(report: Report, signal: AbortSignal): Promise<void> {
  const bodies = sampleBatches(batches, batchSize)
  const acceptor = new Acceptor()
  const turns: { rows: number; bare: number }[] = []
  for (let round = 0; round <= rounds; round++) {
    signal.throwIfAborted()
    const bare = perSecond(() => {
      for (const body of bodies) writeAgain(body)
    })
    const rows = perSecond(() => {
      for (const body of bodies) accept(acceptor, body)
    })
    // The first round warms both up.
    if (round > 0) turns.push({ rows, bare })
  }
  report({
    name: 'event to row, one core',
    value: median(turns.map(({ rows }) => rows)),
    unit: 'events/s',
    against: `JSON.parse and JSON.stringify of the same events ${Math.round(median(turns.map(({ bare }) => bare)))} events/s, median of ${rounds} turns`,
    ratio: median(turns.map(({ rows, bare }) => rows / bare)),
  })
}

function perSecond(work: () => void): number {
  const started = performance.now()
  work()
  return (batches * batchSize) / ((performance.now() - started) / 1000)
}

function writeAgain(body: string): void {
  let length = 0
  for (const event of (JSON.parse(body) as { batch: unknown[] }).batch) length += JSON.stringify(event).length
  if (length === 0) throw new Error('nothing was written')
}

function accept(acceptor: Acceptor, body: string): void {
  const parsed = parseJson(body)
  if (!parsed.ok) throw parsed.error
  const options = { maxBytes: 32_768, bodyBytes: 0, deep: parsed.deep }
  const taken = acceptor.accept((parsed.value as { batch: unknown[] }).batch, { ...reception, receivedAt: Date.now() }, options)
  if (taken instanceof Promise || taken.lines.length !== batchSize) throw new Error('the events were not accepted at once')
}
