import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { receptionOf } from '#test/fixture/reception.ts'
import { Acceptor } from '#core/event/accept.ts'
import { parseJson } from '#core/event/parse.ts'
import { Seen, type SeenRow, seenLimits } from '#core/event/seen.ts'

const reception = receptionOf({ receivedAt: 0 })

async function seenOf(acceptor: Acceptor, ...events: unknown[]): Promise<SeenRow[]> {
  const { seen, rejections } = await acceptor.accept(events, reception, { maxBytes: 1e9, bodyBytes: 0, deep: true })
  expect(rejections).toEqual([])
  return seen
}

const text = (rows: Iterable<SeenRow>) => [...new Set([...rows].map((row) => JSON.stringify(row)))].toSorted()
const page = (properties: unknown) => ({ type: 'page', userId: 'u', messageId: 'm', context: { library: { name: 'x' } }, properties })

describe('what is seen', () => {
  test('is told once', async () => {
    const acceptor = new Acceptor()
    const first = await seenOf(acceptor, page({ a: 1, b: { c: 'x' } }))
    expect(first.map(({ field, path, kind }) => `${field} ${path} ${kind}`)).toEqual([
      '  ',
      'properties a integer',
      'properties b.c string',
      'context library.name string',
    ])
    expect(await seenOf(acceptor, page({ a: 2 }))).toEqual([])
    expect(await seenOf(acceptor, page({ a: 2.5 }))).toMatchObject([{ path: 'a', kind: 'float' }])
  })

  test('of a number kept as it was written is its kind', async () => {
    const body = parseJson('{"small":12345678901234567,"large":18446744073709551615}')
    const seen = await seenOf(new Acceptor(), page(body.ok ? body.value : undefined))
    expect(seen.filter(({ field }) => field === 'properties').map(({ path, kind }) => [path, kind])).toEqual([
      ['small', 'integer'],
      ['large', 'large'],
    ])
  })

  test('is the same for the one who notes rows, and for the one who is told and tells it again', async () => {
    const key = fc.oneof(fc.constantFrom('a', 'b', 'a.b', '', '__proto__', '\ud800'), fc.string())
    await fc.assert(
      fc.asyncProperty(fc.array(fc.dictionary(key, fc.jsonValue({ maxDepth: 3 })), { maxLength: 5 }), async (bags) => {
        const seen = await seenOf(new Acceptor(), ...bags.map((bag) => page(JSON.parse(JSON.stringify(bag)))))
        const told = new Seen()
        const fresh: SeenRow[] = []
        told.take(seen, fresh)
        expect(text(fresh)).toEqual(text(seen))
        expect(text(told.rows())).toEqual(text(seen))
        const again: SeenRow[] = []
        told.take(seen, again)
        expect(again).toEqual([])
      }),
    )
  })

  test('has an end, however many names a sender makes', async () => {
    const acceptor = new Acceptor()
    const fields = Object.fromEntries(Array.from({ length: seenLimits.fields + 10 }, (_, index) => [`field_${index}`, 1]))
    const seen = await seenOf(acceptor, page(fields))
    expect(seen.filter(({ field }) => field === 'properties')).toHaveLength(seenLimits.fields)
    const events = Array.from({ length: seenLimits.events + 10 }, (_, index) => ({
      type: 'track',
      event: `E${index}`,
      userId: 'u',
      messageId: 'm',
    }))
    expect((await seenOf(acceptor, ...events)).filter(({ field }) => field === '')).toHaveLength(seenLimits.events - 1)
  })
})
