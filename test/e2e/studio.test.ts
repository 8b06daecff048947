import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Handlers } from '#core/host/dispatch.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { startChromium } from '#test/fixture/chromium.ts'
import { sampleNow } from '#test/fixture/sample/clock.ts'
import { sampleHandlers, type SampleVariant } from '#test/fixture/sample/handlers.ts'
import { sampleRuns } from '#test/fixture/sample/run.ts'
import { type SampleStudio, serveStudio } from '#test/fixture/studio.ts'

/*
 * The studio's page in a real Chromium, over the host's own HTTP face, on sample data: screens, keyboard, states.
 * studio-loop.test.ts shows the same page on a real host.
 */

let browser: Browser
const open: { close(): Promise<void> }[] = []

beforeAll(async () => {
  browser = await startChromium()
})
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})
afterAll(() => browser.close())

interface Visit {
  page: Page
  studio: SampleStudio
  /** What went wrong on the page, and every address it asked elsewhere. */
  trouble: string[]
}

async function visit(path: string, handlers: Handlers | SampleVariant = 'full', colorScheme: 'light' | 'dark' = 'light'): Promise<Visit> {
  const studio = await serveStudio(typeof handlers === 'string' ? sampleHandlers(handlers) : handlers)
  open.push(studio)
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  open.push(context)
  const page = await context.newPage()
  const trouble: string[] = []
  page.on('pageerror', (error) => trouble.push(error.message))
  page.on('console', (message) => message.type() === 'error' && !/status of [45]\d\d/.test(message.text()) && trouble.push(message.text()))
  page.on('request', (request) => request.url().startsWith(studio.url) || trouble.push(request.url()))
  await page.clock.setFixedTime(sampleNow)
  await page.goto(studio.address)
  await page.evaluate((hash) => (location.hash = hash), path)
  return { page, studio, trouble }
}

const heading = (page: Page) => page.locator('main h1')

describe('the studio', () => {
  it.each([
    ['#/home', 'Home', 'Storefront'],
    ['#/events', 'Live events', 'Order Completed'],
    ['#/transforms', 'Transforms', 'mask_people'],
    ['#/transforms/mask_people', 'mask_people', 'export function transform'],
    ['#/sql', 'SQL', 'order_completed'],
    ['#/traits', 'Traits', 'lifetime_value'],
    ['#/traits/high_value', 'high_value', 'user_'],
    ['#/syncs', 'Syncs', 'profiles_to_analytics'],
    ['#/syncs/profiles_to_analytics', 'profiles_to_analytics', 'new.address@example.com'],
    ['#/destinations', 'Destinations', 'product_tours'],
    ['#/destinations/analytics', 'analytics', 'upstream is being upgraded'],
    ['#/runs', 'Runs', 'Source payments'],
    ['#/runs/01JD9QMM4', 'Source payments', 'Answered 503; trying again in 3.9 s.'],
  ])('shows %s with its data, asks nothing of other servers and logs no error', async (path, title, text) => {
    const { page, trouble } = await visit(path)
    await eventually(() => heading(page).textContent()).toBe(title)
    await page.locator('main', { hasText: text }).waitFor()
    expect(trouble).toEqual([])
  })

  it.each([
    '#/home',
    '#/events',
    '#/transforms/mask_people',
    '#/sql',
    '#/traits/high_value',
    '#/syncs/profiles_to_analytics',
    '#/destinations/analytics',
    '#/runs/01JD9QMM4',
  ])('names every control of %s, and lets each be reached by Tab', async (path) => {
    const { page } = await visit(path)
    await page.locator('main h1').waitFor()
    await page.waitForTimeout(600)
    const nameless = await page.evaluate(() =>
      [
        ...document.querySelectorAll<HTMLElement>(
          'button, a[href], input, select, textarea, [role=tab], [role=row][tabindex], [role=option]',
        ),
      ]
        .filter((element) => element.offsetParent !== null)
        .filter((element) => {
          const labelled = element.getAttribute('aria-label') ?? element.getAttribute('placeholder') ?? element.textContent ?? ''
          return labelled.trim() === ''
        })
        .map((element) => element.outerHTML.slice(0, 120)),
    )
    expect(nameless).toEqual([])
    const clickable = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('main button:not(:disabled), main a[href]')]
        .filter((element) => element.tabIndex < 0 && element.role !== 'tab' && !element.closest('.tab-strip-tab'))
        .map((element) => element.outerHTML.slice(0, 120)),
    )
    expect(clickable).toEqual([])
    const duplicate = await page.evaluate(() => {
      const ids = [...document.querySelectorAll('[id]')].map((element) => element.id)
      return ids.filter((id, index) => ids.indexOf(id) !== index)
    })
    expect(duplicate).toEqual([])
  })

  it('goes everywhere by keyboard: g and a letter, the command key and a digit', async () => {
    const { page } = await visit('#/home')
    await heading(page).waitFor()
    for (const [letter, title] of [
      ['e', 'Live events'],
      ['x', 'Transforms'],
      ['t', 'Traits'],
      ['s', 'Syncs'],
      ['d', 'Destinations'],
      ['r', 'Runs'],
      ['q', 'SQL'],
    ] as const) {
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
      await page.keyboard.press('g')
      await page.keyboard.press(letter)
      await eventually(() => heading(page).textContent()).toBe(title)
    }
    await page.keyboard.press('Control+1')
    await eventually(() => heading(page).textContent()).toBe('Home')
    await page.keyboard.press('Control+6')
    await eventually(() => heading(page).textContent()).toBe('Syncs')
    await page.keyboard.press('/')
    await page.keyboard.type('leads')
    await eventually(() => page.locator('.table-row').count()).toBe(1)
    await page.keyboard.press('Escape')
    await eventually(() => page.locator('.table-row').count()).toBe(2)
  })

  it('finds a trait, a table and a job in the palette', async () => {
    const started: unknown[] = []
    const { page } = await visit('#/home', {
      ...sampleHandlers(),
      'run.start': async ({ job }) => {
        started.push(job)
        return { runId: '01JD9QWA1' }
      },
    })
    await heading(page).waitFor()
    const choose = async (text: string) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').fill(text)
      await page.locator('[role=option]').first().waitFor()
      await page.keyboard.press('Enter')
      await page.locator('dialog').waitFor({ state: 'detached' })
    }
    await choose('trait lifetime')
    await eventually(() => heading(page).textContent()).toBe('lifetime_value')
    await choose('run sync leads')
    await eventually(() => started).toEqual([{ kind: 'sync', name: 'leads_to_crm' }])
    await page.getByText('Sync leads_to_crm started').waitFor()
    await choose('payments.orders')
    await eventually(() => page.locator('.results-bar strong').textContent()).toBe('5,000 rows')
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
  })

  it('follows the system’s theme, and the person’s choice over it', async () => {
    const { page } = await visit('#/home', 'full', 'dark')
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await heading(page).waitFor()
    expect(await ground()).toBe('rgb(12, 14, 18)')
    await page.getByRole('button', { name: /^Theme: system/ }).click()
    expect(await ground()).toBe('rgb(246, 247, 249)')
    await page.reload()
    await heading(page).waitFor()
    expect(await ground()).toBe('rgb(246, 247, 249)')
    await page.getByRole('button', { name: /^Theme: light/ }).click()
    expect(await ground()).toBe('rgb(12, 14, 18)')
  })

  it('opens a part of the loop with its error, and starts its job', async () => {
    const { page } = await visit('#/home')
    await page.locator('.node-card', { hasText: 'Payments' }).click()
    const drawer = page.locator('.drawer')
    await eventually(() => drawer.textContent()).toContain('GET /v1/orders answered 503')
    expect(await drawer.textContent()).toContain('sources/payments.yaml:14')
    expect(await drawer.textContent()).toContain('simulated')
    await drawer.getByRole('button', { name: 'Run now' }).click()
    await page.getByText('Source payments started').waitFor()
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })
  })

  it('shows what the pages of a site get to load the SDK of a source', async () => {
    const { page } = await visit('#/home')
    await page.locator('.node-card', { hasText: 'Storefront' }).click()
    const drawer = page.locator('.drawer')
    await drawer.getByRole('button', { name: 'HTML snippet' }).click()
    const snippet = drawer.getByRole('region', { name: 'HTML snippet' })
    await eventually(() => snippet.textContent()).toContain('http://127.0.0.1:8788/a/storefront-key.js')
  })

  it('shows which rules of a plan events broke, and how often', async () => {
    const { page } = await visit('#/events')
    await page.getByRole('tab', { name: /Plan violations/ }).click()
    const row = page.locator('.table-row').first()
    await row.waitFor()
    expect(await row.innerText()).toMatch(
      /Order Completed[\s\S]*datatype_mismatch[\s\S]*must be number, not string[\s\S]*property dropped[\s\S]*1,290/,
    )
  })

  it('watches the collector: shows what comes, asks for what is filtered, holds still, says when it is lost', async () => {
    const asked: Record<string, unknown>[] = []
    const { page, studio, trouble } = await visit('#/events', {
      ...sampleHandlers(),
      'edge.tail': async (input) => {
        asked.push(input)
        return {}
      },
      'edge.untail': async ({ id }) => {
        asked.push({ ended: id })
        return {}
      },
    })
    await page.getByRole('tab', { name: 'At the collector' }).click()
    await eventually(() => asked.length).toBe(1)
    const come = (name: string, rejected?: { reason: string; path: string; message: string }) => {
      const event = {
        receivedAt: sampleNow,
        source: 'storefront',
        type: 'track',
        name,
        messageId: name,
        userId: 'u',
        payload: { event: name },
        rejected,
      }
      studio.emit('edge.tailed', {
        id: asked.findLast(({ id }) => id !== undefined)!['id'] as string,
        state: 'watching',
        events: [event],
        skipped: 0,
      })
    }
    const rows = page.locator('.table-row')
    // The page hears of it once its stream of events is open.
    await eventually(async () => {
      come('First')
      return rows.count()
    }).toBeGreaterThan(0)
    come('Second', { reason: 'missing-field', path: 'event', message: 'event is required.' })
    await rows.filter({ hasText: 'event is required.' }).click()
    await page.locator('.drawer', { hasText: 'missing-field' }).waitFor()
    await page.keyboard.press('Escape')

    await page.getByRole('button', { name: 'Pause' }).click()
    const still = await rows.count()
    come('Third')
    await page.locator('.events-pulse', { hasText: String(still + 1) }).waitFor()
    expect(await rows.filter({ hasText: 'Third' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Resume' }).click()
    await rows.filter({ hasText: 'Third' }).waitFor()
    await page.getByRole('button', { name: 'Clear', exact: true }).click()
    await page.getByText('Waiting for events').waitFor()

    await page.getByLabel('Name of the event').fill('order')
    await page.getByRole('button', { name: 'Rejected', exact: true }).click()
    await eventually(() => asked.at(-1)).toMatchObject({ event: 'order', rejected: true })
    const { id } = asked.at(-1) as { id: string }
    expect(asked.some(({ ended }) => ended === asked[0]!['id'])).toBe(true)
    const error = { code: 'edge-unreachable', fault: 'transient' as const, message: 'The collector does not answer.', retryable: true }
    studio.emit('edge.tailed', { id, state: 'lost', events: [], skipped: 0, error })
    await page.getByText('Connection lost').waitFor()
    await page.getByText('The collector does not answer.').waitFor()
    studio.emit('edge.tailed', { id, state: 'watching', events: [], skipped: 7 })
    await page.getByText('7 events came too fast').waitFor()
    expect(await page.getByText('Connection lost').count()).toBe(0)
    expect(trouble).toEqual([])
  })

  it('tries the text in the editor on past events, and shows what became of each, and where it failed', async () => {
    const asked: unknown[] = []
    const full = sampleHandlers()
    const { page, trouble } = await visit('#/transforms/mask_people', {
      ...full,
      'transform.test': async (input) => {
        asked.push({ ...input, text: input.text?.includes('// mine') })
        return full['transform.test'](input)
      },
    })
    const editor = page.locator('.cm-content')
    await editor.click()
    await page.keyboard.press('Control+Home')
    await page.keyboard.insertText('// mine\n')
    await page.keyboard.press('Control+Enter')
    await eventually(() => page.locator('.trial-counts').innerText()).toMatch(
      /55\s+Kept as it is\s+8\s+Changed\s+18\s+Split\s+10\s+Dropped\s+9\s+Failed/,
    )
    expect(asked).toEqual([{ name: 'mask_people', limit: 100, text: true }])
    expect(await page.locator('.trial-facts').innerText()).toContain('100 events in 38 ms')
    await page.locator('.trial-counts button', { hasText: 'Changed' }).click()
    await eventually(() => page.locator('.tried-event').count()).toBe(8)
    await eventually(() => page.locator('.row-diff').innerText()).toMatch(/traits\.email\s+buyer\d+@example\.com\s+\*\*\*@example\.com/)
    await page.locator('.trial-counts button', { hasText: 'Failed' }).click()
    await page.locator('.story').getByRole('button', { name: 'transforms/mask_people.ts:17' }).click()
    await eventually(() => page.locator('.cm-activeLine').count()).toBe(1)
    expect(await page.locator('.cm-activeLineGutter').innerText()).toBe('17')
    await page.getByRole('combobox', { name: 'Events of' }).selectOption('mailer')
    await page.getByRole('combobox', { name: 'How many events' }).selectOption('1000')
    await page.getByRole('button', { name: /^Test/ }).click()
    await eventually(() => asked.at(-1)).toEqual({ name: 'mask_people', limit: 1000, source: 'mailer', text: true })
    expect(trouble).toEqual([])
  })

  it('keeps a draft of a transform, says that it is none of the stack’s, and goes back to the file', async () => {
    const { page } = await visit('#/transforms/mask_people')
    const editor = page.locator('.cm-content')
    await editor.click()
    await page.keyboard.press('Control+Home')
    await page.keyboard.insertText("import fs from 'node:fs'\n")
    await page.getByText('The studio does not write files').waitFor()
    await page.evaluate(() => (location.hash = '#/transforms'))
    await page.locator('.table-row', { hasText: 'mask_people' }).getByText('draft').waitFor()
    await page.reload()
    await page.locator('.table-row', { hasText: 'mask_people' }).click()
    await eventually(() => editor.innerText()).toContain('node:fs')
    await page.getByRole('button', { name: /^Test/ }).click()
    await eventually(() => page.locator('.notice').innerText()).toContain('transforms/mask_people.ts:1:8')
    await eventually(() => page.locator('.editor-error-mark').first().innerText()).toContain('fs')
    await page.getByRole('button', { name: 'Back to the file' }).click()
    await eventually(() => editor.innerText()).not.toContain('node:fs')
    await page.getByText('The studio does not write files').waitFor({ state: 'detached' })
  })

  it('streams events in, holds still when paused, and filters', async () => {
    const events = [...(await sampleHandlers()['event.list']({ limit: 500 })).events]
    const asked: unknown[] = []
    const { page } = await visit('#/events', {
      ...sampleHandlers(),
      'event.list': async (input) => {
        asked.push(input)
        return {
          events: input.type === 'group' ? events.filter((event) => event.type === 'group') : events.slice(0, input.limit),
          total: events.length,
        }
      },
    })
    const first = page.locator('.table-row').first()
    const arrive = (event: string) =>
      events.unshift({ ...events[0]!, messageId: `late-${event}`, type: 'track', event, receivedAt: sampleNow })
    await first.waitFor()
    arrive('Cart Emptied')
    await eventually(() => first.textContent()).toContain('Cart Emptied')
    await page.getByRole('button', { name: 'Pause' }).click()
    arrive('Refund Asked')
    await page.getByRole('button', { name: '1 new event' }).waitFor()
    expect(await first.textContent()).toContain('Cart Emptied')
    await page.getByRole('button', { name: 'Resume' }).click()
    await eventually(() => page.locator('.table').textContent()).toContain('Refund Asked')
    await page.getByRole('button', { name: 'group', exact: true }).click()
    await eventually(() => asked.at(-1)).toMatchObject({ type: 'group' })
    await eventually(() => page.locator('.table').textContent()).not.toContain('Order Completed')
  })

  it('runs SQL, underlines what the engine complains about, and cancels', async () => {
    const cancelled: string[] = []
    let release: (() => void) | undefined
    const full = sampleHandlers()
    const { page } = await visit('#/sql', {
      ...full,
      'sql.run': async (input) => {
        if (input.sql.includes('sleep')) await new Promise<void>((resolve) => (release = resolve))
        return full['sql.run'](input)
      },
      'sql.cancel': async ({ queryId }) => {
        cancelled.push(queryId)
        release?.()
        return {}
      },
    })
    const editor = page.locator('.cm-content')
    const write = async (text: string) => {
      await editor.click()
      await page.keyboard.press('Control+a')
      await page.keyboard.insertText(text)
    }
    await write('SELECT * FROM events.pages')
    await page.keyboard.press('Control+Enter')
    await eventually(() => page.locator('.results-bar').textContent()).toContain('6 rows')
    expect(await page.locator('.grid-null').first().textContent()).toBe('NULL')
    await page.getByRole('button', { name: 'Copy as TSV' }).click()
    await eventually(() => page.evaluate(() => navigator.clipboard.readText())).toContain('path\tviews\tbuyers')
    await write('SELECT path FORM events.pages')
    await page.keyboard.press('Control+Enter')
    await eventually(() => page.locator('.editor-error-mark').textContent()).toBe('FORM')
    await write('SELECT 1; SELECT sleep(3)')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await eventually(() => cancelled.length).toBe(1)
    await write('select path,count() from events.pages group by path')
    await page.getByRole('button', { name: 'Format' }).click()
    await eventually(() => editor.textContent()).toContain('GROUP BY')
    await page.reload()
    await eventually(() => editor.textContent()).toContain('GROUP BY')
  })

  it('completes tables, columns and functions', async () => {
    const { page } = await visit('#/sql')
    await page.locator('.schema', { hasText: 'order_completed' }).waitFor()
    await page.locator('.cm-content').click()
    await page.keyboard.press('Control+a')
    await page.keyboard.type('SELECT  FROM payments.ord')
    await eventually(() => page.locator('.cm-tooltip-autocomplete').textContent()).toContain('orders')
    await page.keyboard.press('Escape')
    await page.keyboard.type('ers')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Home')
    for (let step = 0; step < 7; step++) await page.keyboard.press('ArrowRight')
    await page.keyboard.type('custo')
    await eventually(() => page.locator('.cm-tooltip-autocomplete').textContent()).toContain('customer_id')
  })

  it('shows only the rows in sight of a long result and a long list', async () => {
    const { page } = await visit('#/runs', 'large')
    await page.locator('.table-row').first().waitFor()
    expect(await page.locator('.table').getAttribute('aria-rowcount')).toBe('501')
    expect(await page.locator('.table-row').count()).toBeLessThan(80)
    await page.locator('.table').evaluate((table) => table.scrollTo({ top: table.scrollHeight }))
    await eventually(() => page.locator('[aria-rowindex="501"]').count()).toBe(1)
  })

  it('shows a run as it goes, from the host’s events', async () => {
    const { page, studio } = await visit('#/runs/01JD9QWA1')
    await page.getByText('Everything that is due, in order.').waitFor()
    await eventually(async () => {
      studio.emit('run.log', { runId: '01JD9QWA1', at: sampleNow, level: 'info', message: 'Model built just now.' })
      return page.locator('.log').textContent()
    }).toContain('Model built just now.')
    await page.evaluate(() => (location.hash = '#/runs'))
    await page.locator('.table-row').first().waitFor()
    await eventually(async () => {
      studio.emit('run.changed', { ...sampleRuns[0]!, id: '01NEW', job: { kind: 'sync', name: 'brand_new' } })
      return page.locator('.table').textContent()
    }).toContain('brand_new')
  })

  it('says of a run that did a part of its work that it did a part, and why', async () => {
    const { page } = await visit('#/runs/01JD9QTR2')
    const notice = page.locator('.notice.warning')
    await notice.getByText('Partly done').waitFor()
    await notice.getByText('email is not a valid address').waitFor()
  })

  it('shows what a plan is blocked by, and what the tool refused', async () => {
    const { page } = await visit('#/syncs/leads_to_crm')
    await page.getByText('The run would delete 212 of 405 rows (52%); the guard stands at 10%.').waitFor()
    await page.evaluate(() => (location.hash = '#/syncs/profiles_to_analytics'))
    await page.getByRole('tab', { name: /Rejected rows/ }).click()
    await page.locator('.rejected-row').first().click()
    await page.getByText('Mend the value at its source').first().waitFor()
  })

  it('shows what a destination did not take, delivers one again, and forgets only what is confirmed', async () => {
    const asked: unknown[] = []
    const full = sampleHandlers()
    const { page, trouble } = await visit('#/destinations', {
      ...full,
      'destination.replay': async (input) => (asked.push(['replay', input]), full['destination.replay'](input)),
      'destination.drop': async (input) => (asked.push(['drop', input]), full['destination.drop'](input)),
    })
    await eventually(() => page.locator('.table-row', { hasText: /^ads/ }).innerText()).toMatch(/Paused[\s\S]*4,011[\s\S]*310/)
    await page.locator('.table-row', { hasText: /^analytics/ }).click()
    await page.getByText('Trying again in 41 s.').waitFor()
    const letter = page.locator('.dead-letter').first()
    await letter.click()
    await page.locator('.dead-detail', { hasText: '412.80 USD' }).getByRole('button', { name: 'Replay' }).click()
    await page.getByText('1 event on the way to analytics again').waitFor()
    await page.getByRole('button', { name: 'Drop all' }).click()
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Drop all' }).click()
    await page.locator('dialog').getByRole('button', { name: 'Keep' }).click()
    await page.locator('dialog').waitFor({ state: 'detached' })
    expect(asked).toEqual([['replay', { name: 'analytics', which: ['0.2041'] }]])
    await page.getByRole('button', { name: 'Drop all' }).click()
    await page.locator('dialog').getByRole('button', { name: 'Drop 1,206 events' }).click()
    await page.getByText('1,206 events dropped').waitFor()
    expect(asked.at(-1)).toEqual(['drop', { name: 'analytics', which: 'all' }])
    expect(trouble).toEqual([])
  })

  it.each([
    ['#/home', 'Send the first event'],
    ['#/events', 'No event has arrived yet'],
    ['#/transforms', 'No transforms yet'],
    ['#/sql', 'The warehouse has no tables yet.'],
    ['#/traits', 'No traits yet'],
    ['#/syncs', 'No syncs yet'],
    ['#/destinations', 'No destinations yet'],
    ['#/runs', 'Nothing has run yet'],
  ])('says on an empty %s what fills it', async (path, text) => {
    const { page } = await visit(path, 'empty')
    await page.getByText(text).waitFor()
  })

  it.each([
    '#/home',
    '#/events',
    '#/transforms',
    '#/transforms/mask_people',
    '#/sql',
    '#/traits',
    '#/syncs',
    '#/destinations',
    '#/destinations/analytics',
    '#/runs',
    '#/traits/high_value',
    '#/syncs/leads_to_crm',
    '#/runs/01',
  ])('shows on a failing %s the error, its code and its mend', async (path) => {
    const { page, trouble } = await visit(path, 'failing')
    const notice = page.locator('.notice').first()
    await notice.waitFor()
    expect(await notice.textContent()).toContain('connection refused')
    expect(await notice.textContent()).toContain('warehouse-unreachable')
    expect(await notice.textContent()).toContain('millrace doctor')
    expect(trouble).toEqual([])
  })

  it.each(['#/home', '#/events', '#/transforms', '#/traits', '#/syncs', '#/destinations', '#/runs'])(
    'holds the place on a %s that still loads',
    async (path) => {
      const { page } = await visit(path, 'loading')
      await page.locator('main .skeleton').first().waitFor()
    },
  )

  it('says when the host went away, and that it is back', async () => {
    const { page, studio } = await visit('#/home')
    await heading(page).waitFor()
    await studio.close()
    open.splice(open.indexOf(studio), 1)
    await eventually(() => page.locator('.host-status').textContent()).toContain('The host does not answer.')
  })

  it('does not move where motion is not wanted', async () => {
    const { page } = await visit('#/home')
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await page.locator('.loop-flow').first().waitFor({ state: 'attached' })
    const durations = await page.evaluate(() =>
      [...document.querySelectorAll('.loop-flow, .dot.live')].map((element) =>
        Number.parseFloat(getComputedStyle(element).animationDuration),
      ),
    )
    expect(Math.max(...durations)).toBeLessThan(0.001)
  })
})
