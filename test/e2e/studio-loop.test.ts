import { Analytics } from '@segment/analytics-node'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHttpServer } from '#desktop/host/http/server.ts'
import { openStack } from '#desktop/host/open-stack.ts'
import { buildRenderer, rendererFolder } from '#desktop/renderer/build.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { startChromium } from '#test/fixture/chromium.ts'
import { makeStack } from '#test/fixture/stack-folder.ts'
import { type EventTool, startEventTool } from '#test/fixture/event-tool.ts'
import { startWebhookTool, type WebhookTool } from '#test/fixture/webhook-tool.ts'

/* The whole loop as a person watches it: a real SDK, collector, warehouse and host, a tool, and the studio in Chromium. */

const writeKey = 'studio_loop_key'
const files = (tool: string, stream: string) => ({
  'sources/web.yaml': `kind: sdk\nwrite_key: ${writeKey}\ntransforms: [keep]\n`,
  'transforms/keep.ts': 'export function transform(events: object[]) {\n  return events\n}\n',
  'models/orders.sql': `/*\nmaterialized: table\n*/\nSELECT user_id, toFloat64OrZero(toString(total)) AS total, timestamp\nFROM events.order_completed\n`,
  'traits/order_count.yaml': `description: How often they bought.\nentity: user\ntype: count\nfrom: ref('orders')\n`,
  'destinations/tool.yaml': `connector: webhook\nconfig:\n  url: ${tool}\n`,
  'destinations/stream.yaml': `connector: webhook\nconfig:\n  url: ${stream}\nevents:\n  types: [track]\n`,
  'syncs/people.yaml': `from: profiles.users\ndestination: tool\nobject: people\nkey: user_id\nfields:\n  user_id: user_id\n  orders: order_count\n`,
})

describe('the studio on a real host', () => {
  const undo: (() => Promise<unknown> | unknown)[] = []
  let browser: Browser
  let page: Page
  let tool: WebhookTool
  let stream: EventTool
  let edgeUrl: string
  let broken: (text: string | undefined) => Promise<void>

  beforeAll(async () => {
    tool = await startWebhookTool()
    undo.push(() => tool.stop())
    tool.refuse = (key) => (key === 'user_3' ? 'user_3 is on the list of people not to be written to' : undefined)
    stream = await startEventTool()
    undo.push(() => stream.stop())
    // It refuses the first two events that it is sent, however often.
    const refused = new Set<string>()
    stream.mood = (ids) => {
      for (const id of ids) if (refused.size < 2) refused.add(id)
      const results = ids.map((key) =>
        refused.has(key) ? { key, status: 'rejected', message: 'not in our plan' } : { key, status: 'accepted' },
      )
      return { status: 200, body: { results } }
    }
    const folder = await makeStack(files(tool.url, stream.url))
    undo.push(() => folder.remove())
    broken = (text) => folder.write('models/broken.sql', text)
    const stack = await openStack({
      stackFolder: folder.path,
      variables: {},
      live: true,
      edge: { port: 0 },
      warehousePort: 0,
      log: () => undefined,
    })
    undo.push(() => stack.close())
    edgeUrl = stack.edge!.url
    await buildRenderer()
    const server = await startHttpServer({ host: stack.host, port: 0, rendererFolder })
    undo.push(() => server.close())
    browser = await startChromium()
    undo.push(() => browser.close())
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.goto(server.address)
  }, 120_000)

  afterAll(async () => {
    for (const step of undo.toReversed()) await step()
  })

  const go = (path: string) => page.evaluate((hash) => (location.hash = hash), path)
  const text = (selector: string) => page.locator(selector).first().textContent()

  it('keeps the token out of the address', () => {
    expect(page.url()).not.toContain('token')
  })

  it('shows the loop, and events as they arrive', async () => {
    await eventually(() => page.locator('.node-card', { hasText: /web/i }).count()).toBeGreaterThan(0)
    await go('#/events')
    await page.getByText('No event has arrived yet').waitFor()
    const analytics = new Analytics({ writeKey, host: edgeUrl, path: '/v1/batch', flushAt: 20 })
    for (let number = 0; number < 40; number++) {
      analytics.track({ userId: `user_${number % 5}`, event: 'Order Completed', properties: { total: 10 + number } })
    }
    await analytics.closeAndFlush()
    await eventually(() => page.locator('.table-row', { hasText: 'Order Completed' }).count()).toBeGreaterThan(5)
    await page.locator('.table-row').first().click()
    await eventually(() => text('.drawer')).toContain('total')
    await fetch(`${edgeUrl}/v1/track`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${writeKey}:`)}` },
      body: '{"userId":"u"}',
    })
    await page.getByRole('tab', { name: /Rejected/ }).click()
    await eventually(() => page.locator('.table-row').count()).toBe(1)
  })

  it('runs everything that is due, and shows the run to its end', async () => {
    await go('#/runs')
    await page.getByRole('button', { name: 'Run all that is due' }).click()
    await page.locator('.table-row').first().click()
    await eventually(() => text('.page-header .badge')).toMatch(/Succeeded|Partly done/)
    expect(await page.locator('.timeline li').count()).toBeGreaterThan(2)
    expect(tool.records.get('user_1')).toMatchObject({ orders: expect.anything() })
  })

  it('answers SQL, with the engine’s own error where there is one', async () => {
    await go('#/sql')
    const editor = page.locator('.cm-content')
    const run = async (sql: string) => {
      await editor.click()
      await page.keyboard.press('Control+a')
      await page.keyboard.insertText(sql)
      await page.keyboard.press('Control+Enter')
    }
    await run('SELECT event, count() AS n FROM events.tracks GROUP BY event')
    await eventually(() => page.locator('[role=gridcell]').allTextContents()).toEqual(['order_completed', '40'])
    await run('SELECT evnt FROM events.tracks')
    await eventually(() => text('.notice')).toContain('evnt')
    await eventually(() => text('.editor-error-mark')).toBe('evnt')
    await page.locator('.schema', { hasText: 'order_completed' }).waitFor()
  })

  it('tries an unsaved transform on the events that came, with the line where it fails', async () => {
    await go('#/transforms/keep')
    const editor = page.locator('.cm-content')
    await editor.click()
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText(
      'export function transform(events: any[]) {\n  return events.flatMap((event) => {\n    if (event.userId === "user_1") throw new Error("not this one")\n    return event.type === "track" ? { ...event, properties: { seen: true } } : []\n  })\n}\n',
    )
    await page.getByRole('button', { name: /^Test/ }).click()
    await eventually(() => text('.trial-counts'), 60_000).toMatch(/^0Kept as it is\d+Changed0Split\d+Dropped\d+Failed$/)
    await page.locator('.trial-counts button', { hasText: 'Failed' }).click()
    await eventually(() => page.locator('.story').first().innerText()).toMatch(/not this one[\s\S]*transforms\/keep\.ts:3/)
    await eventually(() => text('.editor-error-mark')).toContain('throw')
    await page.getByRole('button', { name: 'Back to the file' }).click()
  })

  it('shows events that a destination refused, delivers one again and drops the other', async () => {
    await go('#/destinations')
    const row = page.locator('.table-row', { hasText: /^stream/ })
    await eventually(() => row.innerText(), 20_000).toMatch(/Streaming[\s\S]*38[\s\S]*2/)
    await row.click()
    await eventually(() => page.locator('.dead-letter').count()).toBe(2)
    await page.locator('.dead-letter').first().click()
    const detail = page.locator('.dead-detail')
    await eventually(() => detail.innerText()).toMatch(/not in our plan[\s\S]*Order Completed/)
    stream.mood = () => undefined
    await detail.getByRole('button', { name: 'Replay' }).click()
    await eventually(() => stream.events.size).toBe(1)
    await eventually(() => page.locator('.dead-letter').count(), 20_000).toBe(1)
    await page.getByRole('button', { name: 'Drop all' }).click()
    await page.locator('dialog').getByRole('button', { name: 'Drop 1 event' }).click()
    await page.getByText('No dead letters').waitFor()
    expect(stream.events.size).toBe(1)
  })

  it('shows the trait with its compiled SQL and its values', async () => {
    await go('#/traits/order_count')
    await eventually(() => page.locator('.preview-rows tbody tr').count()).toBe(5)
    await page.getByRole('tab', { name: 'Compiled SQL' }).click()
    await eventually(() => text('.code-view')).toMatch(/count/i)
    await eventually(() => page.locator('.key-figure', { hasText: /^Have a value/ }).textContent()).toContain('5')
  })

  it('shows the row the tool refused, with its reason, and delivers it once the tool takes it', async () => {
    await go('#/syncs/people')
    await page.getByRole('tab', { name: /Rejected rows/ }).click()
    await eventually(() => text('.rejected-rows')).toContain('not to be written to')
    tool.refuse = () => undefined
    await page.getByRole('button', { name: 'Retry now' }).click()
    await page.getByText('The tool refused nothing').waitFor({ timeout: 30_000 })
    expect(tool.records.has('user_3')).toBe(true)
    await page.getByRole('tab', { name: 'Plan' }).click()
    await eventually(() => text('.plan')).toContain('a run now would send nothing')
  })

  it('says which file is broken as soon as it is, and stops saying so once it is mended', async () => {
    await go('#/home')
    await broken('SELECT * FROM ref(nothing)\n')
    await eventually(
      () =>
        page
          .locator('.problems')
          .textContent({ timeout: 1000 })
          .catch(() => ''),
      20_000,
    ).toContain('models/broken.sql')
    await broken(undefined)
    await page.locator('.problems').waitFor({ state: 'detached', timeout: 20_000 })
  })
})
