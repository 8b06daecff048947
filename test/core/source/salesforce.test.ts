import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Json, JsonObject } from '#core/lib/json.ts'
import { salesforce } from '#core/source/salesforce/index.ts'
import { gather } from '#test/fixture/gather.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { salesforceVendor } from '#test/fixture/vendor/salesforce.ts'
import { startVendor, type VendorAnswer, type VendorRequest, type VendorServer } from '#test/fixture/vendor/server.ts'

let server: VendorServer
beforeEach(async () => {
  server = await startVendor(salesforceVendor())
})
afterEach(() => server.stop())

const read = (name: string, state?: Json, settings: object = {}, mode: 'incremental' | 'full-refresh' = 'incremental') => {
  const config = salesforce.config.parse({ ...server.vendor.config(server.url), ...settings })
  return gather(salesforce.read(config, { streams: [{ name, mode, ...(state === undefined ? {} : { state }) }] }, testRuntime()))
}
const ids = (records: readonly JsonObject[]) => records.map(({ Id }) => Id).toSorted()

/** The first request that this is about is answered so, and all others as ever. */
const answerOnce = (isMeant: (request: VendorRequest) => boolean, answer: VendorAnswer) => {
  const ever = server.vendor.answer
  let isDone = false
  server.vendor.answer = (request) => {
    if (isDone || !isMeant(request)) return ever(request)
    isDone = true
    return answer
  }
}

test('a token that ends in the middle is renewed', async () => {
  answerOnce(({ path }) => path.includes('/query/01g'), {
    status: 401,
    json: [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired' }],
  })
  const { records, ends } = await read('Contact')
  expect(ends.get('Contact')).toBeUndefined()
  expect(ids(records)).toEqual(ids(server.vendor.held('Contact')))
  expect(server.requests.filter(({ path }) => path === '/services/oauth2/token')).toHaveLength(2)
})

test('results that are not kept any more are asked for anew from where the read was: none is told twice', async () => {
  answerOnce(({ path }) => path.includes('/query/01g'), { status: 400, json: [{ errorCode: 'INVALID_QUERY_LOCATOR', message: 'gone' }] })
  const { records } = await read('Contact')
  expect(ids(records)).toEqual(ids(server.vendor.held('Contact')))
})

const jobRequests = async (name: string) => {
  const before = server.requests.length
  await read(name, undefined, {}, 'full-refresh')
  return server.requests.slice(before).filter(({ path }) => path.includes('/jobs/')).length
}

test('many records come by a job, few by queries', async () => {
  expect(await jobRequests('Account')).toBeGreaterThan(3)
  expect(await jobRequests('Contact')).toBe(0)
})

test('a job whose results are gone is begun anew, but not where that would tell records twice', async () => {
  const bulk = { job: '75099', locator: '3', upTo: new Date().toISOString() }
  const changed = await read('Account', { bulk })
  expect(changed.ends.get('Account')).toBeUndefined()
  expect(ids(changed.records)).toEqual(ids(server.vendor.held('Account')))
  const whole = await read('Account', { bulk }, {}, 'full-refresh')
  expect(whole.ends.get('Account')).toMatchObject({ code: 'source-gone', mend: expect.stringContaining('Reset') })
})

test('a part of a job that lacks records is asked for again', async () => {
  answerOnce(({ path }) => path.endsWith('/results'), {
    text: '"Id"\n"1"\n',
    headers: { 'sforce-numberofrecords': '3', 'sforce-locator': 'null' },
  })
  const { records } = await read('Account', undefined, {}, 'full-refresh')
  expect(ids(records)).toEqual(ids(server.vendor.held('Account')))
})

test('a job that fails says why', async () => {
  answerOnce(({ path }) => /\/jobs\/query\/\d+$/.test(path), { json: { state: 'Failed', errorMessage: 'InvalidBatch: no such field' } })
  const { ends } = await read('Account')
  expect(ends.get('Account')).toMatchObject({ code: 'source-refused', message: expect.stringContaining('no such field') })
})

test('a query that is too long for an address is a job, however few its records', async () => {
  const ever = server.vendor.answer
  server.vendor.answer = (request) => {
    const answer = ever(request)
    if (!request.path.endsWith('/describe')) return answer
    const { fields } = answer.json as { fields: JsonObject[] }
    const more = Array.from({ length: 600 }, (_, at) => ({ name: `A_field_with_a_long_name_${at}__c`, type: 'string', label: 'x' }))
    return { json: { fields: [...fields, ...more] } }
  }
  const { records, ends } = await read('Contact')
  expect(ends.get('Contact')).toBeUndefined()
  expect(records).toHaveLength(7)
  expect(server.requests.some(({ path }) => path.endsWith('/jobs/query'))).toBe(true)
})

test('the limit of a day is told as one, and not waited for', async () => {
  answerOnce(({ path }) => path.endsWith('/queryAll'), {
    status: 403,
    json: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' }],
  })
  expect((await read('Contact')).ends.get('Contact')).toMatchObject({ code: 'source-throttled', fault: 'transient', retryable: true })
})

test("a user's refresh token is used where there is one", async () => {
  server.vendor.answer = ({ form }) => ({
    status: 400,
    json: { error: 'invalid_grant', error_description: `${form.get('grant_type')} is expired` },
  })
  const checked = await salesforce.check(
    salesforce.config.parse({ ...server.vendor.config(server.url), refresh_token: 'old' }),
    testRuntime(),
  )
  expect(checked.ok ? undefined : checked.error.message).toContain('refresh_token is expired')
})

test('a read goes back by the lookback', async () => {
  const [last] = server.vendor.held('Contact').toSorted((a, b) => (String(a.Id) < String(b.Id) ? 1 : -1))
  const state = { since: String(last!.SystemModstamp), id: String(last!.Id) }
  expect((await read('Contact', state)).records).toHaveLength(0)
  expect((await read('Contact', state, { lookback: 1 })).records).toHaveLength(7)
})
