import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { wrongSignature } from '#core/connector/signature.ts'
import { fillTemplate } from '#core/connector/template.ts'
import { lookup } from '#core/connector/lookup.ts'
import { receiveWebhook } from '#core/connector/webhook-receive.ts'
import { defineWebhookSource } from '#core/connector/webhook-source.ts'

/** A tool that asks by GET, as some do, and whose signature is the word "signed". */
const asking = defineWebhookSource({
  name: 'asking',
  title: 'Asking',
  description: 'A tool that asks.',
  config: z.strictObject({ word: z.string() }),
  verify: async (_config, { headers }) =>
    headers.get('proof') === 'signed'
      ? { ok: true, value: 'signed' }
      : headers.has('proof')
        ? wrongSignature('No.')
        : { ok: true, value: 'unsigned' },
  challenge({ word }, { method, query, body }) {
    if (method === 'GET')
      return query.get('word') === word ? { status: 200, contentType: 'text/plain', body: query.get('challenge') ?? '' } : undefined
    return lookup(body, 'challenge') === undefined ? undefined : { status: 202, contentType: 'application/json', body: '{}' }
  },
  events: (_config, item) => [{ type: 'track', event: 'A', properties: item }],
})

const receive = (init: { method?: string; url?: string; proof?: string; body?: string; keyed?: boolean }) => {
  const url = init.url ?? 'https://x/y'
  const request = {
    method: init.method ?? 'POST',
    url,
    headers: new Headers(init.proof === undefined ? {} : { proof: init.proof }),
    query: new URL(url).searchParams,
    rawBody: new TextEncoder().encode(init.body ?? '{}'),
  }
  return receiveWebhook(asking, { word: 'w' }, request, { now: 0, keyed: init.keyed ?? false })
}

describe('a request', () => {
  test('a GET is answered when it proves itself, and is no delivery otherwise', async () => {
    expect(await receive({ method: 'GET', url: 'https://x/y?word=w&challenge=c' })).toEqual({
      ok: true,
      value: { kind: 'answer', answer: { status: 200, contentType: 'text/plain', body: 'c' } },
    })
    expect(await receive({ method: 'GET', url: 'https://x/y?word=wrong&challenge=c', keyed: true })).toMatchObject({
      ok: false,
      error: { code: 'wrong-method' },
    })
  })

  test('a POST that asks is answered only when it is signed, or has the key', async () => {
    const body = '{"challenge":1}'
    expect(await receive({ body, proof: 'signed' })).toMatchObject({ ok: true, value: { kind: 'answer' } })
    expect(await receive({ body, keyed: true })).toMatchObject({ ok: true, value: { kind: 'answer' } })
    expect(await receive({ body })).toMatchObject({ ok: false, error: { code: 'missing-key' } })
    expect(await receive({ body, proof: 'forged', keyed: true })).toMatchObject({ ok: false, error: { code: 'wrong-signature' } })
  })

  test('a list becomes an event an item; what is no object is passed on to be refused', async () => {
    expect(await receive({ body: '[{"a":1},[],"x",{"b":2}]', proof: 'signed' })).toMatchObject({
      ok: true,
      value: {
        items: [{ a: 1 }, [], 'x', { b: 2 }],
        events: [
          {
            item: 0,
            raw: { type: 'track', properties: { a: 1 }, context: { library: { name: 'webhook' }, integration: { name: 'asking' } } },
          },
          { item: 1, raw: [] },
          { item: 2, raw: 'x' },
          { item: 3, raw: { properties: { b: 2 } } },
        ],
      },
    })
  })
})

describe('a template', () => {
  const item = { a: 'x', n: 7, no: false, deep: { list: [{ b: 1 }] }, none: null, object: { k: 1 } }
  const fill = (template: string) => fillTemplate(template, (path) => lookup(item, path))

  test.each<[string, unknown]>([
    ['constant', 'constant'],
    ['{n}', 7],
    ['{no}', false],
    ['{object}', { k: 1 }],
    ['{ deep.list.0.b }', 1],
    ['{none}', undefined],
    ['{none | gone | a}', 'x'],
    ['A {a} of {n}, {no}', 'A x of 7, false'],
    ['A {none}', undefined],
    ['A {object}', undefined],
    ['{a}{n}', 'x7'],
    ['{}', '{}'],
    ['{constructor}', undefined],
    ['{a.length}', undefined],
    ['{__proto__.toString}', undefined],
  ])('%s', (template, value) => {
    expect(fill(template)).toEqual(value)
  })

  test('any text with any payload gives something, and never throws', () => {
    const text = fc.array(fc.oneof(fc.constantFrom('{', '}', '|', '.', 'a', '{a}', '$body.'), fc.string())).map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, fc.jsonValue(), (template, value) => {
        const filled = fillTemplate(template, (path) => lookup(value, path))
        if (!template.includes('{')) expect(filled).toBe(template)
      }),
    )
  })
})
