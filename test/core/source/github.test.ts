import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SourceMessage } from '#core/connector/source.ts'
import type { Json } from '#core/lib/json.ts'
import { github } from '#core/source/github/index.ts'
import { gather } from '#test/fixture/gather.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { githubVendor } from '#test/fixture/vendor/github.ts'
import { startVendor, type VendorServer } from '#test/fixture/vendor/server.ts'

let server: VendorServer
let waits: number[]
beforeEach(async () => {
  server = await startVendor(githubVendor())
  waits = []
})
afterEach(() => server.stop())

const runtime = () => {
  const { clock, ...rest } = testRuntime()
  return testRuntime({
    ...rest,
    clock: {
      ...clock,
      sleep: async (milliseconds, signal) => {
        waits.push(milliseconds)
        await clock.sleep(milliseconds, signal)
      },
    },
  })
}
const read = (name: string, state?: Json) => {
  const request = { name, mode: 'incremental' as const, ...(state === undefined ? {} : { state }) }
  return gather(github.read(github.config.parse(server.vendor.config(server.url)), { streams: [request] }, runtime()))
}
const lastState = (messages: readonly SourceMessage[]) => messages.findLast((message) => message.type === 'state')!.state

/** The server answers the first request so, and the others as ever. */
const answerFirst = (answer: ReturnType<typeof server.vendor.answer>) => {
  const ever = server.vendor.answer
  let count = 0
  server.vendor.answer = (request) => (count++ === 0 ? answer : ever(request))
}

test.each(['issues', 'pull_requests', 'commits'])(
  '%s: when nothing was changed, each repository costs one request, which is answered by 304',
  async (stream) => {
    let { messages } = await read(stream)
    // The first repeat learns the ETag of the request that all others make.
    messages = [...messages, ...(await read(stream, lastState(messages))).messages]
    const statuses: (number | undefined)[] = []
    const ever = server.vendor.answer
    server.vendor.answer = (request) => {
      const answer = ever(request)
      if (!request.path.includes('/empty')) statuses.push(answer.status)
      return answer
    }
    const { records, ends } = await read(stream, lastState(messages))
    expect(ends.get(stream)).toBeUndefined()
    expect(records).toEqual([])
    expect(statuses).toEqual([304, 304])
  },
)

test('with the rate limit used up it waits until there is more', async () => {
  const reset = Math.floor(Date.now() / 1000) + 1000
  const ever = server.vendor.answer
  server.vendor.answer = (request) => {
    const answer = ever(request)
    return { ...answer, headers: { ...answer.headers, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) } }
  }
  const { ends } = await read('issue_comments')
  expect(ends.get('issue_comments')).toBeUndefined()
  expect(waits.length).toBe(server.requests.length - 1)
  expect(Math.min(...waits)).toBeGreaterThan(900_000)
})

test('a refusal for too many requests is no refusal of the token', async () => {
  const spent = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 500) }
  answerFirst({ status: 403, json: { message: 'API rate limit exceeded' }, headers: spent })
  expect((await read('issues')).ends.get('issues')).toBeUndefined()
  expect(waits[0]).toBeGreaterThan(490_000)
})

test('a secondary rate limit that names no time is given a minute', async () => {
  answerFirst({ status: 403, json: { message: 'You have exceeded a secondary rate limit.' } })
  expect((await read('issues')).ends.get('issues')).toBeUndefined()
  expect(waits[0]).toBe(60_000)
})

test('a limit that lasts longer than an hour ends the stream, as something that passes', async () => {
  answerFirst({ status: 429, json: { message: 'Later.' }, headers: { 'retry-after': '86400' } })
  const { ends } = await read('issues')
  expect(ends.get('issues')).toMatchObject({ code: 'source-throttled', fault: 'transient', retryable: true })
  expect(waits).toEqual([])
})

test('a history that was rewritten is read anew', async () => {
  const { records } = await read('commits', { 'acme/shop': { read: 'gone' } })
  expect(records.filter(({ repository }) => repository === 'acme/shop')).toHaveLength(11)
})

test('a repository that was renamed is followed to its new place', async () => {
  const ever = server.vendor.answer
  server.vendor.answer = (request) =>
    request.path.startsWith('/repos/acme/shop')
      ? { status: 301, headers: { location: `/repositories${request.path.slice('/repos'.length)}?${request.query}` } }
      : ever({ ...request, path: request.path.replace(/^\/repositories/, '/repos') })
  const { ends, records } = await read('issue_comments')
  expect(ends.get('issue_comments')).toBeUndefined()
  expect(records).toHaveLength(22)
})

test.each([
  ['the next page', { json: [], headers: { link: '<http://elsewhere.example/issues?page=2>; rel="next"' } }],
  ['a redirect', { status: 302, headers: { location: 'http://elsewhere.example/' } }],
])('the token is sent to no other host: %s', async (_what, answer) => {
  answerFirst(answer)
  const { ends } = await read('issues')
  expect(ends.get('issues')).toMatchObject({ code: 'source-moved', fault: 'config' })
  expect(server.requests).toHaveLength(1)
})
