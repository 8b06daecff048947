import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '#core/lib/json.ts'
import { type ApiJobs, serveJobs } from '#test/fixture/api-jobs.ts'
import { type ApiServer, type Fault, startApiServer } from '#test/fixture/api-server.ts'
import { readStreamOf, streamManifest } from './read-manifest.ts'

let api: ApiServer
let jobs: ApiJobs

beforeAll(async () => {
  api = await startApiServer()
})

beforeEach(() => {
  jobs = serveJobs(api)
  api.serve = jobs.serve
  api.fault = () => undefined
})

afterAll(() => api.close())

const at = (hour: number) => new Date(Date.UTC(2026, 0, 1) + hour * 3_600_000).toISOString()

function orders(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, id) => ({ id, updated_at: at((id * 1400) / count) }))
}

const read = (options: Partial<Parameters<typeof readStreamOf>[1]> = {}, jobCount = 1) =>
  readStreamOf(streamManifest('async-job'), { config: { url: api.url, jobs: jobCount }, ...options })

const byId = (a: JsonObject, b: JsonObject) => Number(a.id) - Number(b.id)

test('what jobs export is what is read, several at once, in any weather, from every state', async () => {
  const fault = fc.constantFrom<Fault | undefined>(undefined, undefined, undefined, 'reset', 'server-error', 'rate-limit', 'truncated')
  await fc.assert(
    fc.asyncProperty(
      fc.nat(60),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(3),
      fc.infiniteStream(fault),
      async (count, atOnce, looks, faults) => {
        jobs = serveJobs(api)
        api.serve = jobs.serve
        jobs.looks = looks
        api.collections.set('orders', orders(count))
        const rows = new Map<string, number>()
        api.fault = ({ path }) => {
          // A job that was created though the answer was lost is nobody's: that is not what is tried here.
          const next = path === '/jobs' ? undefined : (faults.next().value as Fault | undefined)
          const row = next === undefined ? 0 : (rows.get(path) ?? 0) + 1
          rows.set(path, row)
          return row > 4 ? undefined : next
        }
        const whole = await read({ mode: 'incremental' }, atOnce)
        expect(whole.error).toBeUndefined()
        expect(whole.records.toSorted(byId)).toEqual(orders(count))
        expect(jobs.mostAtOnce).toBeLessThanOrEqual(atOnce)
        expect(new Set(jobs.deleted)).toEqual(new Set(jobs.created))
        const [state] = whole.states
        if (state === undefined) return
        const rest = await read({ mode: 'incremental', state }, atOnce)
        const { updated_at: from } = state as { updated_at: string }
        expect(rest.records.toSorted(byId)).toEqual(orders(count).filter(({ updated_at }) => String(updated_at) >= from))
      },
    ),
    { numRuns: 15 },
  )
}, 180_000)

test('a job that breaks or is late is made anew, three times in all', async () => {
  api.collections.set('orders', orders(5))
  const range = { from: at(0), to: at(240) }
  jobs.ending = (job) => (job === 1 ? 'broken' : job === 2 ? 'late' : 'done')
  const read1 = await read({ mode: 'incremental', range })
  expect(read1.error).toBeUndefined()
  expect(read1.records).toEqual(orders(5).slice(0, 1))
  expect(jobs).toMatchObject({ aborted: ['2'], deleted: ['3', '4'] })
  jobs.ending = () => 'broken'
  const read2 = await read({ mode: 'incremental', range })
  expect(read2.error).toMatchObject({ code: 'source-job', fault: 'transient' })
  expect(read2.error!.message).toContain('3 tries')
})

test('a job that does not end is aborted when its time is over', async () => {
  api.collections.set('orders', orders(5))
  jobs.looks = 1e9
  let time = Date.UTC(2026, 0, 5)
  const result = await read({ now: () => time, slept: (milliseconds) => void (time += milliseconds) })
  expect(result.error).toMatchObject({ code: 'source-job', fault: 'transient' })
  expect(result.error!.message).toContain('did not end in time')
  expect(jobs.aborted).toEqual(['1', '2', '3'])
  // Three times ten minutes, as the manifest says.
  expect(time - Date.UTC(2026, 0, 5)).toBe(3 * 600_000)
})

test('a job that has nothing is passed over, a status that is not known is told', async () => {
  api.collections.set('orders', orders(5))
  jobs.ending = () => 'empty'
  expect(await read()).toMatchObject({ records: [], states: [] })
  jobs.ending = () => 'odd' as 'done'
  const result = await read()
  expect(result.error).toMatchObject({ code: 'source-job', fault: 'config' })
  expect(result.error!.message).toContain('"odd"')
})

test('a manifest of before names of today reads files of CSV, an address asked for', async () => {
  api.collections.set('orders', [{ id: 1, name: 'x, y' }])
  api.collections.set('returns', [{ id: 2, name: 'z' }])
  const result = await readStreamOf(streamManifest('async-old'), { config: { url: api.url } })
  expect(result.error).toBeUndefined()
  expect(result.records.map(({ id }) => id)).toEqual(['1', '2'])
})
