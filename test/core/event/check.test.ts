import { expect, test } from 'vitest'
import { Acceptor } from '#core/event/accept.ts'
import { checkEvent } from '#core/event/check.ts'
import { parseJson } from '#core/event/parse.ts'
import { eventTypes } from '#core/event/schema.ts'
import { receptionOf } from '#test/fixture/reception.ts'

const required = '"userId":"u","anonymousId":"a","event":"E","groupId":"g","previousId":"p"'

function check(json: string) {
  const parsed = parseJson(json)
  if (!parsed.ok) throw parsed.error
  const checked = checkEvent(parsed.value, { deep: parsed.deep })
  return checked.ok ? 'taken' : [checked.error.code, checked.error.at?.field]
}

// The warehouse has columns of objects for these in events of every type, and refuses a row with anything else there.
test.each(eventTypes.flatMap((type) => ['properties', 'traits', 'context'].map((field) => [type, field] as const)))(
  'an event of type %s has an object for %s, or nothing',
  (type, field) => {
    const withValue = (value: string) => check(`{"type":"${type}",${required},"${field}":${value}}`)
    expect(['{}', 'null', '{"a":1}'].map(withValue)).toEqual(['taken', 'taken', 'taken'])
    for (const value of ['"text"', '7', '[]', 'true', '18446744073709551615', '1e20']) {
      expect([value, withValue(value)]).toEqual([value, ['wrong-type', field]])
    }
  },
)

test('traits inside the context that are a large number are none', async () => {
  const parsed = parseJson(`{"type":"identify","userId":"u","context":{"traits":18446744073709551615}}`)
  if (!parsed.ok) throw parsed.error
  const taken = await new Acceptor().accept([parsed.value], receptionOf(), { maxBytes: 1e6, bodyBytes: 0, deep: false })
  expect(JSON.parse(taken.lines[0]!)).not.toHaveProperty('traits')
})
