import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Destination, EventOutcome, RowOutcome, StreamedEvent } from '#core/connector/destination.ts'
import { type DestinationExample, type Exchange, sampleEvent } from '#core/connector/example.ts'
import { lookup } from '#core/connector/lookup.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { JsonObject } from '#core/lib/json.ts'
import { type Runtime, systemClock } from '#core/lib/runtime.ts'
import { testRuntime } from '#test/fixture/runtime.ts'

type Example = DestinationExample<Record<string, unknown>>
type Outcome = EventOutcome | RowOutcome

interface Options {
  /** What the vendor lets a request have: bytes of its body, and entries of its longest list. */
  most?: { bytes: number; entries: number }
  /** The tool may answer what it likes: any 2xx is its own, and any 4xx about the rows. */
  anyAnswer?: boolean
}
type Played = Pick<Exchange, 'status' | 'answer' | 'answerHeaders'> | 'hang'

/** What a destination promises, by the examples of its folder against a real HTTP server in the tool's place. */
export function describeDestination(destination: Destination<any>, examples: readonly Example[], options: Options = {}): void {
  const tool = playTool()
  beforeAll(() => tool.start())
  afterAll(() => tool.stop())

  const config = (example: Example, more: object = {}) => destination.config.parse({ ...example.config, url: tool.url(), ...more })
  const deliver = async (example: Example, settings: unknown, overrides: Partial<Runtime> = {}): Promise<Outcome[]> => {
    const now = example.now === undefined ? Date.parse('2026-11-24T10:00:05.000Z') : Date.parse(example.now)
    const runtime = testRuntime({ clock: { ...systemClock, now: () => now }, ...overrides })
    if ('events' in example) return destination.events!.deliver(settings, example.events, runtime)
    return destination.rows!.deliver(settings, example.rows, runtime)
  }
  const eventExamples = examples.filter((example) => 'events' in example)
  const rowExamples = examples.filter((example) => 'rows' in example)
  const accepted = [eventExamples, rowExamples].flatMap((list) => list.find(allAccepted) ?? [])

  const answers = new Map(
    examples.flatMap(({ exchanges }) => exchanges.flatMap((each) => (each.status < 300 ? [[each.path, each] as const] : []))),
  )
  const acceptedAt = (path: string): Played => answers.get(path) ?? { status: 200, answer: {} }

  test('every setting is described, and what looks like a secret is marked as one', () => {
    const fields = fieldsOf(destination.config)
    expect(fields.length).toBeGreaterThan(1)
    expect(fields.filter(({ field }) => (descriptionOf(field) ?? '') === '').map(({ path }) => path)).toEqual([])
    const secretive = fields.filter(({ path }) => /(key|token|secret|password|headers)$/.test(path))
    expect(secretive.filter(({ field }) => !isSecret(field)).map(({ path }) => path)).toEqual([])
  })

  test('examples: at least five of events, two of rows, each with its source', () => {
    if (destination.events !== undefined) expect(eventExamples.length).toBeGreaterThanOrEqual(5)
    if (destination.rows !== undefined) expect(rowExamples.length).toBeGreaterThanOrEqual(2)
    expect(examples.filter(({ source }) => !/^[\w.-]+\.\w+(\/|$)/.test(source))).toEqual([])
    expect(accepted).toHaveLength((destination.events === undefined ? 0 : 1) + (destination.rows === undefined ? 0 : 1))
  })

  describe('example', () => {
    test.each(examples.map((example) => [example.title, example] as const))('%s', async (_title, example) => {
      tool.play(example.exchanges)
      const told = await deliver(example, config(example)).then(
        (outcomes) => outcomes.map(tell),
        (thrown: unknown) => ({ throws: thrown instanceof MillraceError ? thrown.code : thrown }),
      )
      for (const [index, exchange] of example.exchanges.entries()) {
        const { method, path, headers, body } = tool.requests[index] ?? {}
        expect({ method, path, body }).toEqual({ method: exchange.method ?? 'POST', path: exchange.path, body: exchange.body })
        expect(headers).toMatchObject(exchange.headers ?? {})
      }
      expect(tool.requests).toHaveLength(example.exchanges.length)
      expect(told).toEqual(example.outcomes)
    })
  })

  describe.each(accepted.map((example) => ['events' in example ? 'events' : 'rows', example] as const))('%s', (_kind, example) => {
    test('a repeat is the same request', async () => {
      tool.play([...example.exchanges, ...example.exchanges])
      await deliver(example, config(example))
      await deliver(example, config(example))
      const sent = tool.requests.map(({ method, path, body }) => ({ method, path, body }))
      expect(sent.slice(example.exchanges.length)).toEqual(sent.slice(0, example.exchanges.length))
    })

    test.each([
      ...('rows' in example && options.anyAnswer ? [] : [[404, 'destination-refused', 'config'] as const]),
      [401, 'destination-auth', 'config'],
      [403, 'destination-auth', 'config'],
      [302, 'destination-moved', 'config'],
      [408, 'destination-unavailable', 'transient'],
      [429, 'destination-throttled', 'transient'],
      [500, 'destination-unavailable', 'transient'],
      [503, 'destination-unavailable', 'transient'],
    ] as const)('%i is a failure of the whole call', async (status, code, fault) => {
      // A redirect tends to repeat the address it was asked by, with its query.
      const answerHeaders = {
        'retry-after': '7',
        ...(status === 302 ? { location: 'https://example.com' + example.exchanges[0]!.path } : {}),
      }
      tool.play([{ status, answer: 'no', answerHeaders }])
      const errors = await failuresOf(deliver(example, config(example)))
      expect(errors[0]).toMatchObject({ code, fault, ...(fault === 'transient' ? { retryAfter: 7 } : {}) })
      expect(tool.requests).toHaveLength(1)
      expectNoSecret(errors, destination, example)
    })

    test('a refused connection: nothing was taken', async () => {
      const errors = await failuresOf(deliver(example, config(example, { url: await closedUrl() })))
      expect(errors[0]).toMatchObject({ code: 'destination-unreachable', retryable: true })
      expectNoSecret(errors, destination, example)
    })

    test('a tool that hangs is given up', async () => {
      tool.play(['hang'])
      const errors = await failuresOf(deliver(example, config(example, { timeout: 0.05 })))
      expect(errors[0]).toMatchObject({ code: 'destination-unanswered', retryable: true })
    })

    test('an abort is honoured, before and during a request', async () => {
      tool.play([])
      const gone = await failuresOf(deliver(example, config(example), { signal: AbortSignal.abort() }))
      expect(gone[0]).toMatchObject({ code: 'cancelled' })
      const controller = new AbortController()
      tool.play(['hang'], () => controller.abort())
      const broken = await failuresOf(deliver(example, config(example), { signal: controller.signal }))
      expect(broken[0]).toMatchObject({ code: 'cancelled' })
    })

    test('an answer that is no JSON is never a crash', async () => {
      for (const status of [200, 400, 404, 429]) {
        tool.play(Array.from({ length: 20 }, () => ({ status, answer: '<html>hello' })))
        const outcomes = await deliver(example, config(example)).catch((thrown: unknown) => {
          expect(thrown).toBeInstanceOf(MillraceError)
          return undefined
        })
        if (outcomes === undefined) continue
        expect(outcomes).toHaveLength(Array.isArray(example.outcomes) ? example.outcomes.length : 0)
        if (status !== 200 || !options.anyAnswer) expect(outcomes.filter((outcome) => outcome.status === 'accepted')).toEqual([])
      }
    })
  })

  if (destination.events !== undefined) {
    test('an outcome for every event, whatever it holds', async () => {
      const example = accepted[0]!
      await fc.assert(
        fc.asyncProperty(fc.array(anyEvent(destination), { minLength: 1, maxLength: 30 }), async (events) => {
          tool.play([], undefined, acceptedAt)
          const outcomes = await deliver({ ...example, events } as Example, config(example))
          expect(outcomes).toHaveLength(events.length)
          for (const outcome of outcomes) expect(['accepted', 'skipped', 'rejected']).toContain(outcome.status)
        }),
        { numRuns: 40 },
      )
    })
  }

  if (destination.events !== undefined && options.most !== undefined) {
    const { most } = options
    test('no request is larger than the tool takes', async () => {
      const { limits, types } = destination.events!
      const text = 'é'.repeat(45)
      const events = Array.from({ length: limits.batchSize }, (_, index): StreamedEvent => {
        const type = types[index % types.length]!
        const properties = Object.fromEntries(Array.from({ length: 20 }, (_, property) => [`p${property}`, text]))
        const ids = { messageId: `m${index}`, userId: `user-${index % 7}`, groupId: 'g', previousId: `p${index}` }
        return sampleEvent({ ...ids, type, event: 'Clicked', properties, traits: properties })
      })
      tool.play([], undefined, acceptedAt)
      const outcomes = await deliver({ ...accepted[0]!, events } as Example, config(accepted[0]!))
      expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['accepted']))
      for (const { bytes, body } of tool.requests) {
        expect(bytes).toBeLessThanOrEqual(most.bytes)
        const lists = [body, ...Object.values(body as object)].filter((value) => Array.isArray(value))
        for (const list of lists) expect(list.length).toBeLessThanOrEqual(most.entries)
      }
    })
  }

  test('check', async () => {
    const example = examples[0]!
    const run = () => destination.check(config(example), testRuntime())
    tool.play([{ status: 200, answer: {} }])
    expect(await run()).toMatchObject({ ok: true })
    for (const [status, code] of [
      [401, 'destination-auth'],
      [503, 'destination-unavailable'],
    ] as const) {
      tool.play([{ status, answer: 'no' }])
      expect(await run()).toMatchObject({ ok: false, error: { code } })
    }
    const gone = await destination.check(config(example, { url: await closedUrl() }), testRuntime())
    expect(gone).toMatchObject({ ok: false, error: { code: 'destination-unreachable' } })
  })
}

interface Request {
  method: string
  path: string
  headers: IncomingMessage['headers']
  bytes: number
  body: unknown
}

function unexpected(): Played {
  return { status: 599 }
}

/** A server that answers as it is told, and 599 to what it was not told of. */
function playTool() {
  let script: Played[] = []
  let onHang: (() => void) | undefined
  let otherwise: (path: string) => Played = unexpected
  const requests: Request[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const sent = Buffer.concat(chunks)
      requests.push({ method, path: url, headers, bytes: sent.length, body: bodyOf(sent.toString(), headers['content-type']) })
      const played = script.shift() ?? otherwise(url)
      if (played === 'hang') return onHang?.()
      const json = typeof played.answer !== 'string'
      response.writeHead(played.status, { 'content-type': json ? 'application/json' : 'text/plain', ...played.answerHeaders })
      response.end(played.answer === undefined ? '' : json ? JSON.stringify(played.answer) : (played.answer as string))
    })
  })
  return {
    requests,
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    start: () => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    play(answers: readonly Played[], hung?: () => void, rest?: (path: string) => Played) {
      script = [...answers]
      onHang = hung
      otherwise = rest ?? unexpected
      requests.length = 0
    },
  }
}

/** An address where nobody listens any more. */
async function closedUrl(): Promise<string> {
  const tool = playTool()
  await tool.start()
  const url = tool.url()
  await tool.stop()
  return url
}

function bodyOf(text: string, type: string | undefined): unknown {
  if (text === '') return undefined
  return type === 'application/x-www-form-urlencoded' ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text)
}

function tell(outcome: Outcome): string {
  if (outcome.status !== 'accepted' || !('created' in outcome) || outcome.created === undefined) return outcome.status
  return outcome.created ? 'accepted, created' : 'accepted, not created'
}

function allAccepted({ outcomes }: Example): boolean {
  return Array.isArray(outcomes) && outcomes.every((outcome) => outcome.startsWith('accepted'))
}

/** What was thrown, or the error of each outcome; all of them must be failures. */
async function failuresOf(delivery: Promise<Outcome[]>): Promise<MillraceError[]> {
  try {
    return (await delivery).map((outcome) => {
      expect(outcome.status).toBe('undelivered')
      return (outcome as { error: MillraceError }).error
    })
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(MillraceError)
    return [thrown as MillraceError]
  }
}

function expectNoSecret(errors: readonly MillraceError[], destination: Destination<any>, example: Example): void {
  const told = errors.map((error) => JSON.stringify(error) + String(error.stack)).join('\n')
  for (const { path, field } of fieldsOf(destination.config)) {
    const value = lookup(example.config as JsonObject, path)
    if (isSecret(field) && typeof value === 'string') expect(told).not.toContain(value)
  }
}

/** Fields of a schema and of the objects within, by path. */
function fieldsOf(schema: z.ZodType, above = ''): { path: string; field: z.ZodType }[] {
  const inner = unwrap(schema)
  if (!(inner instanceof z.ZodObject)) return []
  return Object.entries<z.ZodType>(inner.shape).flatMap(([name, field]) => [
    { path: above + name, field },
    ...fieldsOf(field, `${above}${name}.`),
  ])
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap() as z.ZodType) : schema
}

function descriptionOf(field: z.ZodType): string | undefined {
  return field.description ?? unwrap(field).description
}

function isSecret(field: z.ZodType): boolean {
  return (field.meta() ?? unwrap(field).meta())?.['secret'] === true
}

function optional<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.option(value, { nil: undefined })
}

/** Events as the collector lets them through. */
function anyEvent(destination: Destination<any>): fc.Arbitrary<StreamedEvent> {
  const id = fc.string({ minLength: 1, unit: 'grapheme' })
  const word = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.constantFrom('Order Completed', 'constructor', '__proto__', 'products', 'session_id', 'value'),
  )
  const object = fc.dictionary(word, fc.jsonValue()).map((value) => value as Record<string, any>)
  const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }).map((date) => date.toISOString())
  return fc
    .record({
      type: fc.constantFrom(...destination.events!.types),
      messageId: id,
      userId: optional(id),
      anonymousId: optional(id),
      event: word,
      name: optional(fc.string()),
      category: optional(fc.string()),
      groupId: id,
      previousId: id,
      timestamp: time,
      properties: optional(object),
      traits: optional(object),
      context: object,
    })
    .filter((event) => event.userId !== undefined || event.anonymousId !== undefined)
    .map((event) => {
      const defined = Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined))
      return { source: 'web', receivedAt: '2026-11-24T10:00:00.000Z', ...defined } as unknown as StreamedEvent
    })
}
