import { expect, test } from 'vitest'
import { Acceptor } from '#core/event/accept.ts'
import { ok } from '#core/lib/result.ts'
import { receptionOf } from '#test/fixture/reception.ts'

const users = { userIds: new Set(['gone', '7']), anonymousIds: new Set(['anon']) }
const limits = { maxBytes: 32_768, bodyBytes: 500, deep: false, suppressed: users }

test.each([
  ['a userId', { type: 'track', event: 'E', userId: 'gone' }, true],
  ['a userId that is a number', { type: 'track', event: 'E', userId: 7 }, true],
  ['an anonymousId', { type: 'page', userId: 'else', anonymousId: 'anon' }, true],
  ['an alias from a user', { type: 'alias', userId: 'new', previousId: 'gone' }, true],
  ['an alias from an anonymousId', { type: 'alias', userId: 'new', previousId: 'anon' }, true],
  ['what is no valid event', { userId: 'gone', type: 'nonsense' }, true],
  ['an anonymousId as userId', { type: 'track', event: 'E', userId: 'anon' }, false],
  ['a userId as anonymousId', { type: 'track', event: 'E', anonymousId: 'gone' }, false],
  ['another case', { type: 'track', event: 'E', userId: 'Gone' }, false],
  ['an id that is elsewhere', { type: 'track', event: 'E', userId: 'else', properties: { userId: 'gone' } }, false],
])('of a suppressed user: %s', async (_, event, dropped) => {
  const taken = await new Acceptor().accept([{ messageId: 'm', ...event }], receptionOf(), limits)
  expect(taken.dropped).toEqual(dropped ? { suppressed: 1 } : {})
  expect([taken.lines.length, taken.rejected.length]).toEqual(dropped ? [0, 0] : [1, 0])
})

test('a transform that finds out whose event it is does not bring it back', async () => {
  const transform = { name: 'find', hash: '0'.repeat(64), code: '', lines: [], fetch: [], timeout_ms: 1000 }
  const chain = {
    transforms: [transform],
    run: async (_: unknown, events: string) => {
      const given = JSON.parse(events) as Record<string, unknown>[]
      return ok(JSON.stringify(given.map((event, index) => [index, index === 0 ? { ...event, userId: 'gone' } : event])))
    },
  }
  const events = ['a', 'b'].map((messageId) => ({ type: 'track', event: 'E', userId: 'else', messageId }))
  const taken = await new Acceptor().accept(events, receptionOf(), { ...limits, chain })
  expect(taken.dropped).toEqual({ suppressed: 1 })
  expect(taken.lines.map((line) => (JSON.parse(line) as { message_id: string }).message_id)).toEqual(['b'])
})
