import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Cut, cut, fitting, type Position } from '#edge/deliver/cut.ts'

interface Spooled {
  id: number
  lines: string[]
}

const line = (messageId: string, wanted: boolean, text: string) =>
  JSON.stringify({ type: wanted ? 'track' : 'page', message_id: messageId, source: 'web', properties: { text }, context: {} })

/** Chunks with gaps between their ids, as of other targets, whose lines are for the destination or are not. */
const spools = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.tuple(fc.boolean(), fc.string({ maxLength: 40 })), { minLength: 1, maxLength: 8 }),
    ),
    {
      maxLength: 8,
    },
  )
  .map((chunks) => {
    let id = 0
    let number = 0
    return chunks.map(([gap, lines]): Spooled => ({
      id: (id += gap),
      lines: lines.map(([wanted, text]) => line(`m${++number}`, wanted, text)),
    }))
  })

function cutFrom(
  spool: readonly Spooled[],
  from: Position,
  limits: { events: number; bytes: number | undefined; until?: Position },
): Cut | undefined {
  const sizes = spool
    .filter(({ id }) => id >= from.chunk)
    .map(({ id, lines }) => ({ id, rows: lines.length, bytes: lines.join('\n').length, receivedAt: 0 }))
  const linesOf = (id: number) => spool.find((chunk) => chunk.id === id)!.lines
  return cut(sizes, linesOf, from, ({ type }) => type === 'track', { until: undefined, ...limits })
}

test('batch after batch has each wanted event once, in order, within the limits; and each is cut the same when its end is known', () => {
  fc.assert(
    fc.property(
      spools,
      fc.integer({ min: 1, max: 10 }),
      fc.option(fc.integer({ min: 50, max: 2000 }), { nil: undefined }),
      spools,
      (spool, events, bytes, later) => {
        const grown = [...spool, ...later.map(({ id, lines }) => ({ id: id + (spool.at(-1)?.id ?? 0), lines }))]
        const seen: string[] = []
        let rows = 0
        let sum = 0
        for (let from: Position = { chunk: 1, row: 0 }; ;) {
          const batch = cutFrom(spool, from, { events, bytes })
          if (batch === undefined) break
          expect(batch.from).toBe(from)
          expect(batch.candidates.length).toBeLessThanOrEqual(events)
          expect(fitting(batch.candidates, bytes)).toBe(batch.candidates.length)
          expect(batch.candidates.length + batch.filtered).toBe(batch.rows)
          // After a crash there may be more in the spool.
          expect(cutFrom(grown, from, { events, bytes, until: batch.end })).toEqual(batch)
          seen.push(...batch.candidates.map(({ event }) => event.messageId))
          rows += batch.rows
          sum += batch.bytes
          from = batch.end
        }
        const lines = spool.flatMap((chunk) => chunk.lines.map((text) => JSON.parse(text) as { type: string; message_id: string }))
        expect(seen).toEqual(lines.filter(({ type }) => type === 'track').map(({ message_id }) => message_id))
        expect(rows).toBe(lines.length)
        expect(sum).toBe(spool.reduce((total, chunk) => total + chunk.lines.join('\n').length, 0))
      },
    ),
  )
})
