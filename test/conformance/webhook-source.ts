import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { receiveWebhook } from '#core/connector/webhook-receive.ts'
import type { RawEvent, WebhookExample, WebhookRequest, WebhookSource } from '#core/connector/webhook-source.ts'
import { checkEvent } from '#core/event/check.ts'

/** A request of an example, as the collector hands it on. */
export function requestOf({ request }: WebhookExample): WebhookRequest {
  const url = request.url ?? 'https://example.com/v1/webhook/it'
  return {
    method: request.method ?? 'POST',
    url,
    headers: new Headers(request.headers),
    query: new URL(url).searchParams,
    rawBody: new TextEncoder().encode(request.body ?? ''),
  }
}

/** The events of an example, with what the collector adds to them. */
export function eventsOf(source: string, events: readonly RawEvent[]): RawEvent[] {
  return events.map((event) => ({ ...event, context: { library: { name: 'webhook' }, integration: { name: source }, ...event.context } }))
}

/** Takes an example to its source the way that the collector does. */
function receiver(source: WebhookSource<any>) {
  return (example: WebhookExample, request = requestOf(example), keyed = true) =>
    receiveWebhook(source, source.config.parse(example.config), request, { now: example.now ?? 0, keyed })
}

/** What every webhook source has to do alike. */
export function describeWebhookSource(source: WebhookSource<any>, examples: readonly WebhookExample[]): void {
  const receive = receiver(source)
  describe(`webhook source: ${source.name}`, () => {
    it('says what it is, and every setting what it is for', () => {
      expect([source.title, source.description].every((text) => text.length > 4)).toBe(true)
      for (const [path, field] of settings(z.toJSONSchema(source.config, { io: 'input' })))
        expect([path, field.description]).toEqual([path, expect.any(String)])
    })

    it('marks as secret what proves the sender', () => {
      for (const [path, field] of settings(z.toJSONSchema(source.config, { io: 'input' }))) {
        if (/secret|signing_key|password|token$/.test(path)) expect([path, field.secret]).toEqual([path, true])
      }
    })

    it('refuses settings that it does not know', () => {
      const config = examples[0]!.config as object
      expect(source.config.safeParse({ ...config, no_such_setting: 1 }).success).toBe(false)
    })

    it('has five examples or more, from the documentation, no two alike', () => {
      expect(examples.length).toBeGreaterThanOrEqual(5)
      expect(new Set(examples.map(({ title }) => title)).size).toBe(examples.length)
      for (const { docs } of examples) expect(docs).toMatch(/^[\w.-]+\/\S+$/)
    })

    test.each(examples.map((example) => [example.title, example] as const))('example: %s', async (_title, example) => {
      const { expected } = example
      const received = await receive(example)
      if ('refused' in expected) return expect(received).toMatchObject({ ok: false, error: { code: expected.refused } })
      if ('challenge' in expected) return expect(received).toEqual({ ok: true, value: { kind: 'answer', answer: expected.challenge } })
      expect(received.ok ? received.value : received.error).toMatchObject({ kind: 'events' })
      if (!received.ok || received.value.kind !== 'events') return
      const events = received.value.events.map(({ raw }) => raw)
      // As the spool will hold them: what is undefined is not there.
      expect(JSON.parse(JSON.stringify(events))).toEqual(JSON.parse(JSON.stringify(eventsOf(source.name, expected.events))))
      for (const event of events) expect(checkEvent(event, { anonymous: true, deep: true })).toMatchObject({ ok: true })
    })

    it('gives a repeated delivery the same ids, and no two events of one the same', async () => {
      for (const example of examples) {
        if (!('events' in example.expected)) continue
        const ids = example.expected.events.flatMap(({ messageId }) => (messageId === undefined ? [] : [String(messageId)]))
        expect(new Set(ids).size).toBe(ids.length)
        expect(await receive(example)).toEqual(await receive(example))
      }
    })

    it('refuses what was signed when a byte of it changes, and a stranger without the write key when nothing is signed', async () => {
      for (const example of examples) {
        if (!('events' in example.expected)) continue
        const request = requestOf(example)
        const keyless = await receive(example, request, false)
        if (!keyless.ok) {
          expect(keyless.error.code).toBe('missing-key')
          continue
        }
        // It passes without the key, so something proves it: without its headers and query nothing does.
        const bare = { ...request, headers: new Headers(), query: new URLSearchParams() }
        expect(await receive(example, bare, true)).toMatchObject({ ok: false, error: { code: 'wrong-signature' } })
        if (!signsBody(example)) continue
        const rawBody = request.rawBody.slice()
        rawBody[rawBody.length >> 1]! ^= 1
        expect(await receive(example, { ...request, rawBody }, true)).toMatchObject({ ok: false, error: { code: 'wrong-signature' } })
      }
    })

    it('never tells a secret', async () => {
      for (const example of examples) {
        const secrets = JSON.stringify(example.config).match(/(?<=_?(?:secret|key|value|password)":")[^"]+/g) ?? []
        const bare = { ...requestOf(example), headers: new Headers(), query: new URLSearchParams() }
        const told = JSON.stringify([await receive(example, bare), await receive(example)])
        for (const secret of secrets) if ('refused' in example.expected) expect(told).not.toContain(secret)
      }
    })

    it('makes something of any item, and throws at none', () => {
      const keys = [...new Set(examples.flatMap(({ request }) => [...(request.body ?? '').matchAll(/"(\w+)":/g)].map(([, key]) => key!)))]
      const key = fc.oneof(fc.constantFrom('id', ...keys), fc.string())
      const { json } = fc.letrec<{ json: unknown }>((tie) => ({
        json: fc.oneof(
          { maxDepth: 4 },
          fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
          fc.array(tie('json'), { maxLength: 3 }),
          fc.dictionary(key, tie('json'), { maxKeys: 6 }),
        ),
      }))
      const [example] = examples
      const config: unknown = source.config.parse(example!.config)
      fc.assert(
        fc.property(fc.dictionary(key, json), (item) => {
          const delivery = { ...requestOf(example!), body: item }
          for (const one of source.items?.(config, delivery) ?? [item]) {
            if (typeof one !== 'object' || one === null || Array.isArray(one)) continue
            const events = source.events(config, one as never, delivery)
            for (const event of events) expect(['track', 'identify', 'page', 'screen', 'group', 'alias']).toContain(event.type)
          }
          source.challenge?.(config, delivery)
        }),
        { numRuns: 200 },
      )
    })
  })
}

/** Whether what proves the sender is over the body, rather than a shared word. */
function signsBody({ request }: WebhookExample): boolean {
  return Object.keys(request.headers ?? {}).some((name) => /signature|hmac/i.test(name))
}

type JsonSchema = { [key: string]: any }

/** Every setting of a JSON Schema by its path, those inside of others too. */
function settings(schema: JsonSchema, path = ''): [path: string, field: JsonSchema][] {
  const inner = [...(schema['anyOf'] ?? []), ...(schema['oneOf'] ?? []), ...(schema['items'] ? [schema['items']] : [])] as JsonSchema[]
  return [
    ...Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>).flatMap(([name, field]): [string, JsonSchema][] => {
      const at = path === '' ? name : `${path}.${name}`
      return [[at, field], ...settings(field, at)]
    }),
    ...inner.flatMap((variant) => settings(variant, path)),
  ]
}
