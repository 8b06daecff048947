import * as fc from 'fast-check'
import { names, nasty } from './nasty.ts'

/*
 * What is done to a JSON text: to its values, as what a careless or hostile sender puts there, and to its bytes, as what a
 * broken sender or line does to them.
 */

export type Mutation =
  | { kind: 'replace' | 'add' | 'rename'; at: number; value: string }
  | { kind: 'remove' | 'double' | 'deepen'; at: number }

const value = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...nasty) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }).map((text) => JSON.stringify(text)) },
)
const at = fc.nat(1_000_000)

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('replace' as const), at, value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), at, value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename' as const), at, value: fc.constantFrom(...names) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('remove' as const, 'double' as const, 'deepen' as const), at }) },
)

/** A value that stands for a text of its own. */
const rawMark = '@@raw'

/** The JSON text with these mutations, in order; a text that is no JSON stays as it is. */
export function mutate(text: string, mutations: readonly Mutation[]): string {
  if (mutations.length === 0) return text
  let root: { value: unknown }
  try {
    root = { value: JSON.parse(text) }
  } catch {
    return text
  }
  const raws: string[] = []
  const raw = (json: string) => `${rawMark}${raws.push(json) - 1}@@`
  for (const mutation of mutations) apply(mutation, root, raw)
  return JSON.stringify(root.value ?? null).replaceAll(/"@@raw(\d+)@@"/g, (_, index: string) => raws[Number(index)]!)
}

type Holder = Record<string, unknown>

function apply(mutation: Mutation, root: object, raw: (json: string) => string): void {
  const places = placesIn(root as Holder)
  const [holder, key] = places[mutation.at % places.length]!
  const chosen = holder[key]
  switch (mutation.kind) {
    case 'replace':
      holder[key] = raw(mutation.value)
      break
    case 'add':
      if (Array.isArray(chosen)) chosen.push(raw(mutation.value))
      else if (typeof chosen === 'object' && chosen !== null) (chosen as Holder)[names[mutation.at % names.length]!] = raw(mutation.value)
      break
    case 'rename':
      if (holder === root || Array.isArray(holder)) break
      delete holder[key]
      Object.defineProperty(holder, mutation.value, { value: chosen, enumerable: true, configurable: true, writable: true })
      break
    case 'remove':
      if (holder !== root) delete holder[key]
      break
    case 'double':
      // The same key twice in one object.
      holder[key] = raw(
        `${JSON.stringify(chosen ?? null)}${Array.isArray(holder) || holder === root ? '' : `,${JSON.stringify(key)}:null`}`,
      )
      break
    case 'deepen':
      holder[key] = [{ [key]: [chosen] }]
  }
}

/** Every value of it, by who holds it under which key. */
function placesIn(holder: Holder): [Holder, string][] {
  return Object.keys(holder).flatMap((key): [Holder, string][] => {
    const value = holder[key]
    return [[holder, key], ...(typeof value === 'object' && value !== null ? placesIn(value as Holder) : [])]
  })
}

/** What is done to the bytes of a body before it is packed. */
export interface Damage {
  kind: 'insert' | 'cut' | 'flip'
  at: number
  bytes: Uint8Array
}

const bytes = [
  [0xef, 0xbb, 0xbf], // A byte order mark.
  [0],
  [0x0d, 0x0a],
  [0xff],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80], // A surrogate by itself.
  [0xf4, 0x90, 0x80, 0x80],
  ...['{', '}', ']', '"', '\\', ',', '{"batch":['].map((text) => [...Buffer.from(text)]),
].map((list) => Uint8Array.from(list))

export const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('insert' as const, 'insert' as const, 'cut' as const, 'flip' as const),
  at: fc.oneof(fc.constant(0), at),
  bytes: fc.constantFrom(...bytes),
})

export function damaged(body: Buffer, damages: readonly Damage[]): Buffer {
  return damages.reduce<Buffer>((body, { kind, at, bytes }) => {
    const place = body.length === 0 ? 0 : at % body.length
    if (kind === 'insert') return Buffer.concat([body.subarray(0, place), bytes, body.subarray(place)])
    if (kind === 'cut') return body.subarray(0, place)
    const copy = Buffer.from(body)
    if (copy.length > 0) copy[place]! ^= 0xff
    return copy
  }, body)
}
