import { array, assert, asyncProperty, boolean, constantFrom, integer, record } from 'fast-check'
import { expect, test } from 'vitest'
import { deliverPieces, type Lane, type Piece, type PieceOutcome } from '#core/connector/pieces.ts'
import { MillraceError } from '#core/lib/error.ts'

const down = new MillraceError({ code: 'destination-unavailable', fault: 'transient', message: 'down', retryAfter: 9 })
const bad = new MillraceError({ code: 'event-rejected', fault: 'config', message: 'bad' })

/** A tool that keeps what it takes. Of a request with something bad in it, it takes nothing; `names` says whether it tells which. */
function startTool(options: { count: number; bytes?: number; names?: boolean; failAt?: number }) {
  const taken: string[] = []
  const requests: string[][] = []
  const lane: Lane = {
    limits: { count: options.count, bytes: options.bytes ?? 1_000_000 },
    async send(pieces) {
      requests.push(pieces.map(({ json }) => json))
      if (requests.length === options.failAt) throw down
      const faults = pieces.map(({ json }): PieceOutcome | undefined =>
        json.startsWith('!') ? { status: 'rejected', error: bad } : undefined,
      )
      if (faults.some((fault) => fault !== undefined)) return options.names === true ? faults : { refused: bad }
      taken.push(...pieces.map(({ json }) => json))
      return pieces.map(() => ({ status: 'accepted' }))
    },
  }
  return { taken, requests, lane }
}

const piece = (json: string, lane = 'a'): Piece => ({ lane, json })

test('each piece is told, once, whatever the tool refuses and whenever it fails', async () => {
  const pieces = array(record({ bad: boolean(), lane: constantFrom('a', 'b') }), { minLength: 1, maxLength: 40 })
  const options = record({
    count: integer({ min: 1, max: 12 }),
    names: boolean(),
    failAt: integer({ min: 1, max: 30 }),
    workers: integer({ min: 1, max: 4 }),
  })
  await assert(
    asyncProperty(pieces, options, async (entries, { workers, ...behaviour }) => {
      const { lane, taken, requests } = startTool(behaviour)
      const prepared = entries.map((entry, index) => [piece(`${entry.bad ? '!' : ''}${index}`, entry.lane)])
      const failed = () => requests.length >= behaviour.failAt
      const outcomes = await deliverPieces<never>(prepared, () => lane, workers).catch((thrown: unknown) => {
        expect(thrown).toBe(down)
        expect(requests).toHaveLength(1)
        return undefined
      })
      if (outcomes === undefined) return
      for (const [index, entry] of entries.entries()) {
        const { status } = outcomes[index]!
        if (!failed()) expect(status).toBe(entry.bad ? 'rejected' : 'accepted')
        expect(status === 'accepted').toBe(taken.includes(String(index)))
      }
      expect(new Set(taken).size).toBe(taken.length)
      expect(requests.every((request) => request.length <= behaviour.count)).toBe(true)
    }),
  )
})

test('what has to go together stays in order, and within the bytes a request may have', async () => {
  const { lane, requests } = startTool({ count: 100, bytes: 9 })
  await deliverPieces<never>(
    ['"aaa"', '"b"', '"ééé"', '"d"'].map((json) => [piece(json)]),
    () => lane,
  )
  // Five bytes, a comma and three; "ééé" has eight.
  expect(requests).toEqual([['"aaa"', '"b"'], ['"ééé"'], ['"d"']])
})

test('what no request can carry is rejected, and the rest is sent', async () => {
  const { lane, taken } = startTool({ count: 10, bytes: 10 })
  const outcomes = await deliverPieces<never>([[piece('x'.repeat(11))], [piece('y')]], () => lane)
  expect(outcomes).toMatchObject([{ status: 'rejected', error: { code: 'too-large' } }, { status: 'accepted' }])
  expect(taken).toEqual(['y'])
})

test('an event is as well off as the worst of its pieces', async () => {
  const { lane } = startTool({ count: 1 })
  const outcomes = await deliverPieces<{ status: 'skipped' }>(
    [[piece('1'), piece('!2')], { status: 'skipped' }, [piece('3'), piece('4')]],
    () => lane,
  )
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'skipped', 'accepted'])
})

test('after a failure the tool is left alone: what was not sent says so', async () => {
  const { lane, requests } = startTool({ count: 1, failAt: 2 })
  const outcomes = await deliverPieces<never>(
    ['1', '2', '3'].map((json) => [piece(json)]),
    () => lane,
  )
  expect(outcomes).toMatchObject([
    { status: 'accepted' },
    { status: 'undelivered', error: { code: 'destination-unavailable' } },
    { status: 'undelivered', error: { code: 'destination-unreachable', retryAfter: 9 } },
  ])
  expect(requests).toHaveLength(2)
})
