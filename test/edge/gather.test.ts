import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SeenRow } from '#core/event/seen.ts'
import { type Addition, Gatherer } from '#edge/spool/gather.ts'
import type { Appended, Part } from '#edge/spool/part.ts'

const refused: Appended = { ok: false, reason: 'full', message: 'full' }

function addition(id: number, lines: number): Addition {
  const seen: SeenRow[] = [{ type: 'track', event: `e${id}`, field: '', path: '', kind: '' }]
  return {
    source: id % 2 === 0 ? 'web' : 'app',
    lines: Array.from({ length: lines }, (_, index) => `${id}.${index}`),
    rejected: id % 3 === 0 ? [`r${id}`] : [],
    violations: [],
    dropped: id % 5 === 0 ? { bot: 1 } : {},
    seen,
  }
}

/** A spool that keeps what it is given, or refuses or breaks as it is told; and notices when two lots meet. */
class Spool {
  readonly kept: Part[] = []
  dropped = 0
  lots = 0
  met = false
  #busy = false
  readonly #answers: readonly ('keep' | 'refuse' | 'break')[]

  constructor(answers: readonly ('keep' | 'refuse' | 'break')[]) {
    this.#answers = answers
  }

  async append(parts: Part[], _receivedAt: number, dropped: Record<string, Record<string, number>>): Promise<Appended> {
    this.met ||= this.#busy
    this.#busy = true
    const answer = this.#answers[this.lots++] ?? 'keep'
    await sleep(1)
    this.#busy = false
    if (answer === 'break') throw new Error('the object is gone')
    if (answer === 'refuse') return refused
    this.kept.push(...parts)
    for (const counts of Object.values(dropped)) this.dropped += counts['bot'] ?? 0
    return { ok: true }
  }

  lines(target: string): string[] {
    return this.kept.filter((part) => part.target === target).flatMap(({ lines }) => lines.split('\n'))
  }
}

test('what is answered as kept was kept once, the rest not at all, and no sighting is lost', async () => {
  const request = fc.record({ wait: fc.nat(3), lines: fc.integer({ min: 1, max: 3 }) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 40 }),
      fc.array(fc.constantFrom('keep', 'keep', 'refuse', 'break'), { maxLength: 6 }),
      async (requests, answers) => {
        const spool = new Spool(answers)
        const gatherer = new Gatherer()
        const carried: Promise<unknown>[] = []
        const sent: { addition: Addition; outcome: Promise<Appended> }[] = []
        for (const [id, { wait, lines }] of requests.entries()) {
          if (wait > 0) await sleep(wait)
          const next = addition(id, lines)
          sent.push({
            addition: next,
            outcome: gatherer.add(
              next,
              () => spool,
              (work) => carried.push(work),
            ),
          })
        }
        const outcomes = await Promise.all(sent.map(({ outcome }) => outcome))
        const kept = sent.filter((_, index) => outcomes[index]!.ok).map((each) => each.addition)
        expect(spool.lines('all').toSorted()).toEqual(kept.flatMap(({ lines }) => lines).toSorted())
        expect(spool.lines('rejected').toSorted()).toEqual(kept.flatMap(({ rejected }) => rejected).toSorted())
        expect(spool.dropped).toBe(kept.filter(({ dropped }) => 'bot' in dropped).length)
        expect(spool.met).toBe(false)
        // A lot that fails leaves its sightings to the next one that does not.
        const last = addition(1001, 1)
        let outcome: Appended
        do
          outcome = await gatherer.add(
            last,
            () => spool,
            (work) => carried.push(work),
          )
        while (!outcome.ok)
        const told = new Set(spool.kept.flatMap(({ seen }) => seen.map(({ event }) => event)))
        expect([...sent.map((each) => each.addition), last].flatMap(({ seen }) => seen).filter(({ event }) => !told.has(event))).toEqual([])
        await Promise.all(carried)
      },
    ),
    { numRuns: 60 },
  )
})

test('requests that come together go together', async () => {
  const spool = new Spool([])
  const gatherer = new Gatherer()
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      Array.from({ length: 50 }, (_, id) =>
        gatherer.add(
          addition(id, 1),
          () => spool,
          () => undefined,
        ),
      ),
    )
  }
  expect(spool.lots).toBeLessThan(12)
  expect(spool.lines('all')).toHaveLength(250)
})
