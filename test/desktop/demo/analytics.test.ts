import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Analytics, serveAnalytics } from '#desktop/demo/tool/analytics.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-analytics-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the simulated product-analytics tool', () => {
  let tool: Analytics
  beforeEach(async () => void (tool = await serveAnalytics({ token: 'a-token', file: join(folder, 'people.json') })))
  afterEach(() => tool.stop())
  const send = (body: unknown) =>
    fetch(`${tool.url}/people`, {
      method: 'POST',
      headers: { authorization: 'Bearer a-token', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  it('takes people, refuses an e-mail address that is none, and answers for each row in order', async () => {
    const rows = [
      { key: 'one', fields: { user_id: 'one', email: 'one@example.com' } },
      { key: 'two', fields: { user_id: 'two', email: 'two.at.example.com' } },
      { key: 'three', fields: { user_id: 'three', email: null } },
    ]
    const response = await send({ operation: 'upsert', rows })
    expect(await response.json()).toMatchObject({
      results: [
        { key: 'one', status: 'accepted', created: true },
        { key: 'two', status: 'rejected', message: '"two.at.example.com" is not an e-mail address.' },
        { key: 'three', status: 'accepted', created: true },
      ],
    })
    expect([...tool.people().keys()]).toEqual(['one', 'three'])
  })

  it('replaces a person on a repeated key, deletes, and remembers over a restart', async () => {
    await send({ operation: 'upsert', rows: [{ key: 'one', fields: { user_id: 'one', high_value: true } }] })
    await send({ operation: 'delete', rows: [{ key: 'three', fields: {} }] })
    await tool.stop()
    tool = await serveAnalytics({ token: 'a-token', file: join(folder, 'people.json') })
    const response = await fetch(`${tool.url}/people`, { headers: { authorization: 'Bearer a-token' } })
    expect(await response.json()).toEqual({ people: [{ user_id: 'one', high_value: true }] })
  })

  it('refuses what is no delivery, and who has no token', async () => {
    expect((await send({ rows: 'none' })).status).toBe(400)
    expect((await fetch(`${tool.url}/people`)).status).toBe(401)
  })
})
