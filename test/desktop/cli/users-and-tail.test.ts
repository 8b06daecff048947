import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startFakeClickHouse } from '#test/edge/fake-clickhouse.ts'
import { sendTracks } from '#test/edge/send-events.ts'
import { millrace, startMillrace } from '#test/fixture/command.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

vi.setConfig({ testTimeout: 120_000 })

let warehouse: Awaited<ReturnType<typeof startFakeClickHouse>>
let edge: TestEdge
beforeAll(async () => {
  warehouse = await startFakeClickHouse(({ response }) => response.end(''))
  edge = await startTestEdge({ warehouse: warehouse.address })
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.close()
})

/** A stack that uses the collector and the warehouse of the test. */
function stack() {
  const cwd = tempFolder()
  const { url, user, password } = warehouse.address
  mkdirSync(join(cwd, 'sources'))
  writeFileSync(
    join(cwd, 'millrace.yaml'),
    `name: ops
warehouse: { url: '${url}', user: ${user}, password: '\${secret:WAREHOUSE}' }
edge: { url: '${edge.url}', admin_token: '\${secret:EDGE}' }
`,
  )
  return { cwd, env: { WAREHOUSE: password, EDGE: edge.adminToken } }
}

test('millrace tail prints a line of JSON an event, as it comes', async () => {
  const running = startMillrace(['tail', '--event', 'pin', '--accepted'], stack())
  const printed = () => running.output().stdout.split('\n').filter(Boolean)
  let count = 0
  // Until it watches, nobody sees what comes.
  await eventually(async () => {
    await sendTracks(edge, [`c-${++count}`])
    return printed().length > 0
  }).toBe(true)
  const first = JSON.parse(printed()[0]!) as object
  expect(first).toMatchObject({ type: 'track', event: 'Ping', source: 'web', userId: 'u', messageId: expect.stringMatching(/^c-\d+$/) })
  running.process.kill('SIGINT')
  expect(await running.ended).toBe(0)
})

test('millrace user suppresses, lists, releases and deletes', async () => {
  const options = stack()
  const user = (...args: string[]) => millrace(['user', ...args, '--json'], options)
  expect((await user('suppress', 'u1', 'u2', '--anonymous', 'a1')).lines).toEqual([{ type: 'result', added: 3, count: 3 }])
  expect((await user('release', 'u2')).lines).toEqual([{ type: 'result', removed: 1, count: 2 }])
  const listed = await millrace(['user', 'list'], options)
  expect(listed.stdout).toMatch(/userId +u1/)
  expect(listed.stdout).toMatch(/anonymousId +a1/)
  const { code, lines } = await user('delete', 'u3', '--no-wait')
  expect([code, lines[0]]).toMatchObject([0, { deletion: { state: 'waiting', users: { userIds: ['u3'], anonymousIds: [] } } }])
  expect((await user('deletions')).lines[0]).toMatchObject({ deletions: [{ id: lines[0]!['deletion'].id }] })
  const nobody = await user('suppress')
  expect([nobody.code, nobody.lines[0]]).toMatchObject([1, { error: { code: 'invalid-users' } }])
  const pending = await user('release', 'u3')
  expect([pending.code, pending.lines[0]]).toMatchObject([1, { error: { code: 'deletion-pending' } }])
})
