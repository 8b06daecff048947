import * as fc from 'fast-check'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { type Damage, damage, damaged, mutate, type Mutation, mutation } from './mutation.ts'
import { type Sample, withIds } from './sample.ts'
import { ends, extras, targets } from './targets.ts'
import { jitsuKey, keyOf } from './world.ts'

/** A request before it is bytes: all of it plain data, so that fast-check can make it smaller and a person can read it. */
export interface Plan {
  sample: Sample
  method: string
  target: string
  mutations: readonly Mutation[]
  damages: readonly Damage[]
  packing: Packing
  key: Key
  extra: readonly (readonly [string, string])[]
  framing: Framing
  /** Sent twice, to the byte. */
  twice: boolean
}

const packings = [
  'as it was',
  'plain',
  'gzip',
  'x-gzip',
  'deflate',
  'raw deflate',
  'cut gzip',
  'bent gzip',
  'gzip and more',
  'gzip of gzip',
  'plain called gzip',
  'bomb',
  'huge',
  'br',
  'nothing',
] as const
type Packing = (typeof packings)[number]

const keys = [
  'its own',
  'basic',
  'bearer',
  'x-write-key',
  'query',
  'body',
  'none',
  'wrong',
  'no base64',
  'long',
  'closed',
  'shop',
  'slow',
  'webhook',
  'admin',
] as const
type Key = (typeof keys)[number]

/** From `short` on it is no HTTP: how it is answered is the runtime's to say, if at all. */
const framings = [
  'length',
  'chunked',
  'none',
  'short',
  'long',
  'no number',
  'bent chunks',
  'two lengths',
  'huge headers',
  'nul in header',
  'no HTTP',
] as const
type Framing = (typeof framings)[number]
const proper: ReadonlySet<Framing> = new Set(['length', 'chunked', 'none'])

const weighted = <Value>(...choices: readonly (readonly [number, readonly Value[]])[]): fc.Arbitrary<Value> =>
  fc.oneof(...choices.map(([weight, values]) => ({ weight, arbitrary: fc.constantFrom(...values) })))

/** Requests that are like those of the samples, and less and less so. */
export function planArbitrary(sdks: readonly Sample[], webhooks: readonly Sample[]): fc.Arbitrary<Plan> {
  // Most webhooks are signed, and what is signed and then changed goes no further.
  return weighted([4, sdks], [1, webhooks]).chain((sample) =>
    fc.record({
      sample: fc.constant(sample),
      method: weighted<string>([30, [sample.method]], [1, ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']]),
      target: weighted([12, [sample.target]], [4, targets]).chain((target) =>
        weighted<string>([6, ['']], [1, ends]).map((end) => target + end),
      ),
      mutations: fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: fc.array(mutation, { maxLength: 4 }) }),
      damages: fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(damage, { maxLength: 2 }) }),
      packing: weighted<Packing>(
        [40, ['as it was']],
        [6, ['plain', 'gzip', 'deflate', 'x-gzip']],
        [1, packings.filter((packing) => packing !== 'huge' && packing !== 'bomb')],
      ).chain((packing) => weighted<Packing>([400, [packing]], [1, ['huge', 'bomb']])),
      key: weighted<Key>([25, ['its own']], [8, ['basic', 'bearer', 'x-write-key', 'query', 'body']], [3, keys]),
      extra: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(fc.constantFrom(...extras), { maxLength: 3 }) },
      ),
      framing: weighted<Framing>([80, ['length']], [10, ['chunked']], [1, framings]),
      twice: weighted([9, [false]], [1, [true]]),
    }),
  )
}

export interface Made {
  method: string
  target: string
  bytes: Uint8Array[]
  /** The body as it is once unpacked, where it can be. */
  body: Buffer
  /** Whether it is HTTP: then it is the collector that has to answer. */
  proper: boolean
}

const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
const huge = Buffer.alloc(4 * 1024 * 1024 + 1, 0x20)

/** The bytes of a plan. @param id in the ids of its events, and of no other's */
export function make(plan: Plan, id: string, adminToken: string): Made {
  const headers: [string, string][] = plan.sample.headers.map(([name, value]) => [name, value])
  let text = withIds(mutate(plan.sample.text, plan.mutations), id)
  const { target, replaced } = keyed(plan, headers, adminToken)
  if (plan.key === 'body')
    text = text.replace(/^\s*\{/, () => `{"writeKey":${JSON.stringify(keyOf('web'))},"api_key":${JSON.stringify(keyOf('web'))},`)
  // With the right token a publication could change what all others meet; one with a field too many never is taken.
  if (plan.key === 'admin' && target.includes('/admin/')) text = text.replace(/^\s*\{/, () => '{"unknown":1,')
  if (replaced) drop(headers, 'authorization')
  headers.push(...plan.extra.map(([name, value]): [string, string] => [name, value]))
  const body = damaged(Buffer.from(text), plan.damages)
  const packed = pack(plan, body, headers)
  const bodiless = plan.method === 'GET' || plan.method === 'HEAD' || plan.framing === 'none'
  return {
    method: plan.method,
    target,
    body: plan.packing === 'huge' || plan.packing === 'bomb' || bodiless ? Buffer.alloc(0) : body,
    proper: proper.has(plan.framing),
    bytes: framed(plan, target, headers, bodiless ? Buffer.alloc(0) : packed),
  }
}

function drop(headers: [string, string][], name: string): void {
  for (let index = headers.length - 1; index >= 0; index--) if (headers[index]![0] === name) headers.splice(index, 1)
}

function basic(name: string): string {
  return `Basic ${Buffer.from(`${name}:`).toString('base64')}`
}

/** Puts the key where the plan has it. */
function keyed({ key, target }: Plan, headers: [string, string][], adminToken: string): { target: string; replaced: boolean } {
  const set = (name: string, value: string) => {
    drop(headers, 'authorization')
    drop(headers, name)
    headers.push([name, value])
    return { target, replaced: false }
  }
  switch (key) {
    case 'its own':
      return { target, replaced: false }
    case 'basic':
      return set('authorization', basic(target.startsWith('/api/s') ? jitsuKey : keyOf('web')))
    case 'bearer':
      return set('authorization', `Bearer ${keyOf('web')}`)
    case 'x-write-key':
      return set('x-write-key', target.startsWith('/api/s') ? jitsuKey : keyOf('web'))
    case 'query':
      drop(headers, 'authorization')
      return { target: `${target}${target.includes('?') ? '&' : '?'}writeKey=${keyOf('web')}`, replaced: false }
    case 'closed':
    case 'shop':
    case 'slow':
      return set('authorization', basic(keyOf(key)))
    case 'webhook':
      return set('authorization', basic(keyOf('github_0')))
    case 'admin':
      return set('authorization', `Bearer ${adminToken}`)
    case 'wrong':
      return set('authorization', basic('a key that nobody has'))
    case 'no base64':
      return set('authorization', 'Basic \xff!!! \x01')
    case 'long':
      return set('authorization', `Basic ${'A'.repeat(8000)}`)
    case 'none':
    case 'body':
      return { target, replaced: true }
  }
}

function pack({ packing, sample }: Plan, body: Buffer, headers: [string, string][]): Buffer {
  const called = (encoding: string, bytes: Buffer) => {
    headers.push(['content-encoding', encoding])
    return bytes
  }
  switch (packing) {
    case 'as it was':
      return sample.packed ? called('gzip', gzipSync(body)) : body
    case 'plain':
      return body
    case 'gzip':
    case 'x-gzip':
      return called(packing, gzipSync(body))
    case 'deflate':
      return called('deflate', deflateSync(body))
    case 'raw deflate':
      return called('deflate', deflateRawSync(body))
    case 'cut gzip': {
      const whole = gzipSync(body)
      return called('gzip', whole.subarray(0, Math.floor(whole.length / 2)))
    }
    case 'bent gzip': {
      const bent = gzipSync(body)
      bent[bent.length >> 1]! ^= 0x55
      return called('gzip', bent)
    }
    case 'gzip and more':
      return called('gzip', Buffer.concat([gzipSync(body), Buffer.from('more')]))
    case 'gzip of gzip':
      return called('gzip, gzip', gzipSync(gzipSync(body)))
    case 'plain called gzip':
      return called('gzip', body)
    case 'br':
      return called('br', body)
    case 'bomb':
      return called('gzip', bomb)
    case 'huge':
      return huge
    case 'nothing':
      return Buffer.alloc(0)
  }
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

function framed({ method, framing }: Plan, target: string, headers: readonly [string, string][], body: Buffer): Uint8Array[] {
  const head = (...more: string[]) =>
    Buffer.from(
      [`${method} ${target} HTTP/1.1`, 'host: 127.0.0.1', ...headers.map(([name, value]) => `${name}: ${value}`), ...more, '', ''].join(
        '\r\n',
      ),
      'latin1',
    )
  switch (framing) {
    case 'length':
      return [head(`content-length: ${body.length}`), body]
    case 'none':
      return [head()]
    case 'chunked': {
      const half = body.length >> 1
      const parts = [body.subarray(0, half), body.subarray(half)].filter((part) => part.length > 0)
      return [head('transfer-encoding: chunked'), ...parts.map(chunk), Buffer.from('0\r\n\r\n')]
    }
    case 'short':
      return [head(`content-length: ${body.length >> 1}`), body]
    case 'long':
      return [head(`content-length: ${body.length + 10}`), body]
    case 'no number':
      return [head('content-length: many'), body]
    case 'two lengths':
      return [head(`content-length: ${body.length}`, 'content-length: 1'), body]
    case 'bent chunks':
      return [head('transfer-encoding: chunked'), Buffer.from('zz\r\n'), body, Buffer.from('\r\n0\r\n\r\n')]
    case 'huge headers':
      return [head(`x-huge: ${'x'.repeat(300_000)}`, `content-length: ${body.length}`), body]
    case 'nul in header':
      return [head('x-nul: a\0b', `content-length: ${body.length}`), body]
    case 'no HTTP':
      return [body, Buffer.from('\r\n\r\n')]
  }
}
