import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Acceptor } from '#core/event/accept.ts'
import { parseJson } from '#core/event/parse.ts'
import { streamedEvent } from '#core/event/streamed.ts'
import { receptionOf } from '#test/fixture/reception.ts'

// What the collector adds to a context of its own accord is not what is held to here.
const reception = receptionOf({ enrich: { user_agent: false, campaign: false, geo: false } })

async function streamed(sent: string) {
  const raw = parseJson(sent)
  expect(raw.ok).toBe(true)
  const { lines, rejections } = await new Acceptor().accept([raw.ok && raw.value], reception, {
    maxBytes: Infinity,
    bodyBytes: 0,
    deep: false,
  })
  expect(rejections).toEqual([])
  return streamedEvent(lines[0]!)!
}

test('an event is as it was sent, with what the collector knows of it', async () => {
  const track = {
    type: 'track',
    event: 'Order Completed',
    messageId: 'm1',
    userId: 7,
    anonymousId: 'a',
    timestamp: '2026-11-23T10:00:00Z',
    properties: { total: 9.5, items: [{ sku: 'x' }] },
    context: { page: { url: 'https://x' }, library: { name: 'l' } },
    unknown: true,
  }
  expect(await streamed(JSON.stringify(track))).toEqual({
    type: 'track',
    event: 'Order Completed',
    messageId: 'm1',
    source: 'web',
    userId: '7',
    anonymousId: 'a',
    timestamp: '2026-11-23T10:00:00.000Z',
    originalTimestamp: '2026-11-23T10:00:00.000Z',
    receivedAt: '2026-11-24T00:00:00.000Z',
    properties: track.properties,
    context: track.context,
  })
  const page = { type: 'page', name: 'Home', category: 'Docs', messageId: 'm2', userId: 'u' }
  expect(await streamed(JSON.stringify(page))).toMatchObject({ name: 'Home', category: 'Docs' })
  const group = { type: 'group', groupId: 'g', traits: { plan: 'pro' }, messageId: 'm3', userId: 'u' }
  expect(await streamed(JSON.stringify(group))).toMatchObject({ groupId: 'g', traits: { plan: 'pro' } })
  const alias = { type: 'alias', previousId: 'old', messageId: 'm4', userId: 'u' }
  expect(await streamed(JSON.stringify(alias))).toMatchObject({ previousId: 'old', userId: 'u' })
})

test('a number beyond a double is sent on as it was written', async () => {
  const sent =
    '{"type":"track","event":"e","messageId":"m","userId":"u","properties":{"id":9007199254740993,"deep":[{"n":18446744073709551615}]}}'
  expect(JSON.stringify((await streamed(sent)).properties)).toBe('{"id":9007199254740993,"deep":[{"n":18446744073709551615}]}')
})

test('what is no row is no event', () => {
  for (const line of ['', 'x', '1', 'null', '"a"', '{']) expect(streamedEvent(line)).toBeUndefined()
})

test('whatever a sender puts into an event, it comes out', async () => {
  const json = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }))
  const text = fc.string({ minLength: 1, unit: 'grapheme' })
  await fc.assert(
    fc.asyncProperty(
      fc.record({ messageId: text, userId: text, properties: json, context: json }),
      fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => name.trim() !== ''),
      async (fields, event) => {
        const sent = { type: 'track', event, ...fields, context: { ...fields.context, library: { name: 'l' } } }
        const text = JSON.stringify(sent)
        // Integers that the warehouse cannot hold are text from the moment the request is read.
        const { messageId, userId, properties, context } = (parseJson(text) as { value: any }).value
        const out = await streamed(text)
        expect(out).toMatchObject({ type: 'track', event, messageId, userId, source: 'web' })
        expect(JSON.stringify([out.properties, out.context])).toBe(JSON.stringify([properties, context]))
      },
    ),
  )
})
