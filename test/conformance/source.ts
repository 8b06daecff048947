import { Validator } from '@cfworker/json-schema'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { ReadMode, Source, SourceMessage, Stream, StreamRequest } from '#core/connector/source.ts'
import type { Json, JsonObject } from '#core/lib/json.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { unwrap } from '#core/lib/result.ts'
import { valueAt } from '#core/pipeline/columns.ts'
import { gather } from '#test/fixture/gather.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startVendor, type Trouble, type Vendor, type VendorServer } from '#test/fixture/vendor/server.ts'

const troubles: readonly Trouble[] = ['rate-limit', 'server-error', 'reset', 'truncated']

/** What a source promises, against a server that behaves as its vendor's reference says. */
export function describeSource(source: Source<any>, makeVendor: () => Vendor): void {
  let server: VendorServer
  let vendor: Vendor
  beforeEach(async () => {
    vendor = makeVendor()
    server = await startVendor(vendor)
  })
  afterEach(() => server.stop())

  const config = (more: object = {}): unknown => source.config.parse({ ...vendor.config(server.url), ...more })
  const catalog = async () => unwrap(await source.discover(config(), testRuntime())).streams
  const read = (requests: StreamRequest[], overrides: Partial<Runtime> = {}) =>
    gather(source.read(config(), { streams: requests }, testRuntime(overrides)))
  const cases = async () => (await catalog()).flatMap((stream) => stream.modes.map((mode) => ({ stream, mode })))

  test('every setting is described, and what looks like a secret is marked as one', () => {
    const fields = settingsOf(source.config)
    expect(fields.filter(({ field }) => (field.description ?? '') === '').map(({ path }) => path)).toEqual([])
    const secretive = fields.filter(({ path }) => /(key|token|secret|password)$/.test(path))
    expect(secretive.length).toBeGreaterThan(0)
    expect(secretive.filter(({ field }) => !isSecret(field)).map(({ path }) => path)).toEqual([])
  })

  test('settings that are right pass the check; wrong credentials are told as such, by the check and by the streams', async () => {
    expect(await source.check(config(), testRuntime())).toEqual({ ok: true, value: undefined })
    const checked = await source.check(config(vendor.wrong), testRuntime())
    expect(checked.ok ? undefined : checked.error).toMatchObject({
      code: 'source-auth',
      fault: 'config',
      mend: expect.stringMatching(/credentials/),
    })
    const [stream] = await catalog()
    const messages = source.read(config(vendor.wrong), { streams: [{ name: stream!.name, mode: stream!.modes[0]! }] }, testRuntime())
    const error = await gather(messages).then(
      ({ ends }) => ends.get(stream!.name),
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'source-auth', fault: 'config' })
    for (const secret of Object.values(vendor.wrong)) expect(JSON.stringify(error)).not.toContain(secret)
  })

  test('a host that is no such API is told as a fault of it, not as empty streams', async () => {
    server.vendor.answer = () => ({ text: '<html>Welcome</html>' })
    const checked = await source.check(config(), testRuntime())
    expect(checked.ok ? undefined : checked.error.code).toBe('source-answer')
  })

  test('the catalog: each stream with its key and cursor in its schema, and every column described', async () => {
    const streams = await catalog()
    expect(streams.length).toBeGreaterThan(0)
    expect(new Set(streams.map(({ name }) => name)).size).toBe(streams.length)
    for (const { name, schema, primaryKey, cursorField, modes } of streams) {
      const columns = schema.properties as Record<string, JsonObject>
      for (const path of [...primaryKey, ...(cursorField === undefined ? [] : [cursorField])])
        expect(Object.keys(columns), name).toContain(path[0])
      expect(modes.includes('incremental'), name).toBe(cursorField !== undefined)
      expect(Object.entries(columns).flatMap(([column, { description }]) => (description ? [] : [`${name}.${column}`]))).toEqual([])
    }
  })

  test('each stream, in each mode, is what the vendor holds, each record once and valid by the schema', async () => {
    for (const { stream, mode } of await cases()) {
      const told = await read([{ name: stream.name, mode }])
      expect(told.ends.get(stream.name), stream.name).toBeUndefined()
      expectHeld(vendor, stream, told.messages)
      expect(told.records.length, stream.name).toBe(vendor.held(stream.name).length)
      const validator = new Validator(stream.schema, '2020-12', false)
      const faults = told.records.flatMap((record) =>
        validator.validate(record).errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`),
      )
      expect(faults, stream.name).toEqual([])
    }
  })

  test('a server that fails every other time changes nothing', async () => {
    let turn = 0
    server.trouble = (number) => (number % 2 === 0 ? troubles[turn++ % troubles.length] : undefined)
    for (const { stream, mode } of await cases()) {
      const told = await read([{ name: stream.name, mode }])
      expect(told.ends.get(stream.name), stream.name).toBeUndefined()
      expectHeld(vendor, stream, told.messages)
    }
  })

  test('a server that stays broken ends the stream as something that may pass', async () => {
    const [{ stream, mode }] = (await cases()) as [{ stream: Stream; mode: ReadMode }]
    server.trouble = () => 'server-error'
    const error = await read([{ name: stream.name, mode }]).then(
      ({ ends }) => ends.get(stream.name),
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'source-unavailable', fault: 'transient', retryable: true })
  })

  test('from every state it yields a read goes on: nothing is lost', async () => {
    let resumed = 0
    for (const { stream, mode } of await cases()) {
      const { messages } = await read([{ name: stream.name, mode }])
      for (const [index, message] of messages.entries()) {
        if (message.type !== 'state') continue
        resumed++
        const state = JSON.parse(JSON.stringify(message.state)) as Json
        const rest = await read([{ name: stream.name, mode, state }])
        expect(rest.ends.get(stream.name), `${stream.name} ${JSON.stringify(state)}`).toBeUndefined()
        expectHeld(vendor, stream, [...messages.slice(0, index), ...rest.messages])
        const isLast = !messages.slice(index).some(({ type }) => type === 'records')
        if (isLast) expect(rest.records.length, `${stream.name} ${JSON.stringify(state)}`).toBe(0)
      }
    }
    expect(resumed).toBeGreaterThan(5)
  })

  test('an incremental read tells what was changed since, and what has gone where the catalog says so', async () => {
    for (const stream of await incremental(catalog)) {
      const first = await read([{ name: stream.name, mode: 'incremental' }])
      let { messages } = first
      for (let round = 0; round < 4; round++) {
        for (let count = 0; count <= round; count++) vendor.change()
        const next = await read([{ name: stream.name, mode: 'incremental', state: lastState(messages) }])
        expect(next.ends.get(stream.name), stream.name).toBeUndefined()
        messages = [...messages, ...next.messages]
        expectHeld(vendor, stream, messages)
      }
      expect(
        messages.some(({ type }) => type === 'deletes'),
        `${stream.name} tells deletes`,
      ).toBe(stream.tellsDeletes === true)
    }
  })

  test('what changes while it is read is told by this read or the next', async () => {
    for (const stream of await incremental(catalog)) {
      let changes = 0
      server.after = () => {
        if (changes++ < 8) vendor.change()
      }
      const first = await read([{ name: stream.name, mode: 'incremental' }])
      const next = await read([{ name: stream.name, mode: 'incremental', state: lastState(first.messages) }])
      server.after = () => undefined
      const last = await read([{ name: stream.name, mode: 'incremental', state: lastState([...first.messages, ...next.messages]) }])
      expectHeld(vendor, stream, [...first.messages, ...next.messages, ...last.messages])
    }
  })

  test('read whole while things change, no record is told twice', async () => {
    for (const stream of await catalog()) {
      if (!stream.modes.includes('full-refresh')) continue
      let changes = 0
      server.after = () => {
        if (changes++ < 8) vendor.change()
      }
      const { records } = await read([{ name: stream.name, mode: 'full-refresh' }])
      server.after = () => undefined
      expect(records.length, stream.name).toBe(byKey(stream, records).size)
    }
  })

  test('no secret stands in a log line, an error or a message, whatever goes wrong', async () => {
    const given = vendor.config(server.url)
    const secrets = settingsOf(source.config).flatMap(({ path, field }) =>
      isSecret(field) && typeof given[path] === 'string' ? [given[path]] : [],
    )
    const lines: unknown[] = []
    let turn = 0
    server.trouble = (number) => (number % 2 === 0 || number > 20 ? troubles[turn++ % troubles.length] : undefined)
    const log: Runtime['log'] = (...line) => void lines.push(line)
    const streams = await catalog()
    const requests = streams.map((stream) => ({ name: stream.name, mode: stream.modes[0]! }))
    const told = await read(requests, { log }).catch((thrown: unknown) => ({ ends: new Map([['all', thrown]]), messages: [] }))
    const text = JSON.stringify([lines, [...told.ends], told.messages])
    expect(lines.length).toBeGreaterThan(0)
    expect(secrets.length).toBeGreaterThan(0)
    for (const secret of secrets) expect(text).not.toContain(secret)
  })

  test('a state that a person has spoilt is refused', async () => {
    const [stream] = await incremental(catalog)
    const { ends } = await read([{ name: stream!.name, mode: 'incremental', state: ['nonsense'] }])
    expect(ends.get(stream!.name)).toMatchObject({ code: 'invalid-state', fault: 'config' })
  })

  test('a stream that the credentials may not read fails alone, and says what to do', async () => {
    const streams = await catalog()
    const name = streams.find((stream) => vendor.held(stream.name).length > 0)!.name
    server.forbidden = name
    const told = await read(streams.map((stream) => ({ name: stream.name, mode: stream.modes[0]! })))
    expect(told.ends.get(name)).toMatchObject({ code: 'source-forbidden', fault: 'config', mend: expect.stringMatching(new RegExp(name)) })
    expect([...told.ends].flatMap(([stream, error]) => (error === undefined ? [] : [stream]))).toEqual([name])
  })

  test('a stream that does not exist fails alone', async () => {
    const [stream] = await catalog()
    const told = await read([
      { name: 'nothing', mode: 'full-refresh' },
      { name: stream!.name, mode: stream!.modes[0]! },
    ])
    expect(told.ends.get('nothing')).toMatchObject({ code: 'unknown-stream', fault: 'config' })
    expect(told.ends.has(stream!.name)).toBe(true)
    expect(told.ends.get(stream!.name)).toBeUndefined()
  })

  test('a read that is cancelled ends at once, and asks for nothing more', async () => {
    const streams = await catalog()
    const control = new AbortController()
    const requests = streams.map((stream) => ({ name: stream.name, mode: stream.modes[0]! }))
    const messages = source.read(config(), { streams: requests }, testRuntime({ signal: control.signal }))
    let asked = 0
    await expect(
      (async () => {
        for await (const message of messages) {
          if (message.type !== 'records' || control.signal.aborted) continue
          asked = server.requests.length
          control.abort()
        }
      })(),
    ).rejects.toThrow()
    expect(server.requests.length).toBe(asked)
  })

  test('a range of the cursor is read alone', async () => {
    const range = vendor.range
    if (range === undefined) return
    const stream = (await catalog()).find(({ name }) => name === range.stream)!
    const { records } = await read([{ name: stream.name, mode: 'incremental', range }])
    const within = vendor.held(stream.name).filter((record) => {
      const at = instant(valueAt(record, stream.cursorField!)!)
      return at >= instant(range.from) && at < instant(range.to)
    })
    expect(within.length).toBeGreaterThan(0)
    expect(within.length).toBeLessThan(vendor.held(stream.name).length)
    expect(byKey(stream, records)).toEqual(byKey(stream, within))
  })
}

async function incremental(catalog: () => Promise<Stream[]>): Promise<Stream[]> {
  return (await catalog()).filter(({ modes }) => modes.includes('incremental'))
}

/** What a warehouse that keeps the last of each key would hold is what the vendor holds; without deletes told, what is gone stays. */
function expectHeld(vendor: Vendor, stream: Stream, messages: readonly SourceMessage[]): void {
  const mirror = new Map<string, JsonObject>()
  for (const message of messages) {
    if (message.type === 'records') for (const record of message.records) mirror.set(keyOf(stream, record), record)
    if (message.type === 'deletes') for (const key of message.keys) mirror.delete(keyOf(stream, key))
  }
  const held = byKey(stream, vendor.held(stream.name))
  if (stream.tellsDeletes !== true) for (const key of mirror.keys()) if (!held.has(key)) mirror.delete(key)
  expect(Object.fromEntries([...mirror].toSorted()), stream.name).toEqual(Object.fromEntries([...held].toSorted()))
}

function byKey(stream: Stream, records: readonly JsonObject[]): Map<string, JsonObject> {
  return new Map(records.map((record) => [keyOf(stream, record), record]))
}

function keyOf(stream: Stream, record: JsonObject): string {
  return JSON.stringify(stream.primaryKey.map((path) => valueAt(record, path)))
}

function lastState(messages: readonly SourceMessage[]): Json {
  return messages.findLast((message) => message.type === 'state')!.state
}

function instant(value: Json): number {
  return typeof value === 'number' || /^\d+$/.test(String(value)) ? Number(value) : Date.parse(String(value))
}

interface Setting {
  path: string
  field: z.ZodType
}

function settingsOf(schema: z.ZodType, prefix = ''): Setting[] {
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries<z.ZodType>(schema.shape).map(([name, field]) => ({ path: `${prefix}${name}`, field }))
}

function isSecret(field: z.ZodType): boolean {
  if (field.meta()?.secret === true) return true
  return field instanceof z.ZodOptional || field instanceof z.ZodDefault ? isSecret(field.unwrap() as z.ZodType) : false
}
