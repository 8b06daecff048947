import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { startChromium } from '../fixture/chromium.ts'
import { sampleNow } from '../fixture/sample/clock.ts'
import { sampleHandlers, type SampleVariant } from '../fixture/sample/handlers.ts'
import { serveStudio } from '../fixture/studio.ts'

/*
 * Pictures of every screen, light and dark, in two sizes, to be looked at by people:
 *
 *   node test/e2e/screenshots.ts OUT_DIR [--url ADDRESS] [--only NAME] [--quick]
 *
 * Without --url it shows the sample data, also empty, loading, failing and large. With --url (the address that
 * `millrace up` or `millrace serve` printed) it shows what is there. --quick: 1280×800 only.
 */

interface Shot {
  name: string
  path: string
  /** Data that only the sample has; without it the picture can be had of a real stack too. */
  variant?: SampleVariant
  /** What happens before the picture is taken. */
  act?: (page: Page) => Promise<void>
}

const runSql = async (page: Page, sql?: string) => {
  await page.locator('.cm-content').waitFor()
  if (sql !== undefined) {
    await page.locator('.cm-content').click()
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.insertText(sql)
  }
  await page.getByRole('button', { name: /^Run$/ }).click()
  await page.locator('.results-bar strong, .notice').first().waitFor()
}

const openFirst = async (page: Page) => {
  await page.locator('.table-row').first().click()
  await page.waitForTimeout(700)
}

const testTransform = async (page: Page) => {
  await page.getByRole('button', { name: /^Test/ }).click()
  await page.locator('.trial-events').waitFor()
}

const shots: Shot[] = [
  { name: 'home', path: '#/home' },
  { name: 'home-detail', path: '#/home', act: (page) => page.locator('.node-card.error, .node-card').first().click() },
  { name: 'home-empty', path: '#/home', variant: 'empty' },
  { name: 'home-large', path: '#/home', variant: 'large' },
  { name: 'home-loading', path: '#/home', variant: 'loading' },
  { name: 'home-failing', path: '#/home', variant: 'failing' },
  { name: 'events', path: '#/events' },
  { name: 'events-detail', path: '#/events', act: (page) => page.locator('.table-row', { hasText: 'Order Completed' }).first().click() },
  {
    name: 'events-rejected',
    path: '#/events',
    act: async (page) => {
      await page.getByRole('tab', { name: 'Rejected' }).click()
      await page.locator('.table-row').first().click({ timeout: 3000 })
    },
  },
  { name: 'events-tail', path: '#/events', act: (page) => page.getByRole('tab', { name: 'At the collector' }).click() },
  {
    name: 'events-tail-detail',
    path: '#/events',
    act: async (page) => {
      await page.getByRole('tab', { name: 'At the collector' }).click()
      await page.locator('.table-row', { hasText: 'invalid-event' }).first().click()
    },
  },
  ...(['empty', 'large', 'failing'] as const).map((variant): Shot => ({
    name: `events-tail-${variant}`,
    path: '#/events',
    variant,
    act: (page) => page.getByRole('tab', { name: 'At the collector' }).click(),
  })),
  { name: 'events-violations', path: '#/events', act: (page) => page.getByRole('tab', { name: 'Plan violations' }).click() },
  { name: 'events-empty', path: '#/events', variant: 'empty' },
  { name: 'transforms', path: '#/transforms' },
  { name: 'transforms-empty', path: '#/transforms', variant: 'empty' },
  { name: 'transform', path: '#/transforms/mask_people' },
  { name: 'transform-tested', path: '#/transforms/mask_people', variant: 'full', act: testTransform },
  {
    name: 'transform-failed',
    path: '#/transforms/mask_people',
    variant: 'full',
    act: async (page) => {
      await testTransform(page)
      await page
        .getByRole('button', { name: /Failed/ })
        .first()
        .click()
    },
  },
  {
    name: 'transform-split',
    path: '#/transforms/mask_people',
    variant: 'full',
    act: async (page) => {
      await testTransform(page)
      await page.getByRole('button', { name: /Split/ }).first().click()
      await page.getByRole('button', { name: 'Whole event' }).click()
    },
  },
  {
    name: 'transform-uncompiled',
    path: '#/transforms/mask_people',
    variant: 'full',
    act: async (page) => {
      await page.locator('.cm-content').click()
      await page.keyboard.press('ControlOrMeta+End')
      await page.keyboard.insertText("import fs from 'node:fs'\n")
      await page.keyboard.press('ControlOrMeta+Enter')
      await page.locator('.notice').waitFor()
    },
  },
  { name: 'sql', path: '#/sql', act: (page) => runSql(page) },
  {
    name: 'sql-wide',
    path: '#/sql',
    act: async (page) => {
      await runSql(page, 'SELECT *\nFROM payments.orders -- wide\nLIMIT 5000')
      await page.locator('.grid-cell', { hasText: 'products' }).first().dblclick({ timeout: 3000 })
    },
  },
  {
    name: 'sql-error',
    path: '#/sql',
    act: (page) => runSql(page, "SELECT path, count() AS views FORM events.pages WHERE path LIKE '/wholesale%'"),
  },
  {
    name: 'sql-chart',
    path: '#/sql',
    act: async (page) => {
      await runSql(page)
      await page.getByRole('button', { name: 'Chart' }).click()
      await page.locator('.chart svg').waitFor()
    },
  },
  {
    name: 'sql-completion',
    path: '#/sql',
    act: async (page) => {
      await page.locator('.cm-content').click()
      await page.keyboard.press('ControlOrMeta+a')
      await page.keyboard.type('SELECT cou')
      await page.locator('.cm-tooltip-autocomplete').waitFor()
    },
  },
  { name: 'traits', path: '#/traits' },
  { name: 'trait-sql', path: '#/traits/high_value' },
  { name: 'trait-typed', path: '#/traits/lifetime_value', act: (page) => page.getByRole('tab', { name: 'Compiled SQL' }).click() },
  { name: 'traits-empty', path: '#/traits', variant: 'empty' },
  { name: 'syncs', path: '#/syncs' },
  { name: 'sync-plan', path: '#/syncs', act: openFirst },
  { name: 'sync-blocked', path: '#/syncs/leads_to_crm', variant: 'full' },
  {
    name: 'sync-rejected',
    path: '#/syncs',
    act: async (page) => {
      await openFirst(page)
      await page.getByRole('tab', { name: 'Rejected rows' }).click()
      await page.locator('.rejected-row').first().click({ timeout: 3000 })
    },
  },
  { name: 'syncs-failing', path: '#/syncs', variant: 'failing' },
  { name: 'destinations', path: '#/destinations' },
  { name: 'destinations-empty', path: '#/destinations', variant: 'empty' },
  { name: 'destinations-failing', path: '#/destinations', variant: 'failing' },
  {
    name: 'destination-dead',
    path: '#/destinations/analytics',
    variant: 'full',
    act: (page) => page.locator('.dead-letter').first().click(),
  },
  { name: 'destination-paused', path: '#/destinations/ads', variant: 'full' },
  {
    name: 'destination-drop',
    path: '#/destinations/analytics',
    variant: 'full',
    act: (page) => page.getByRole('button', { name: 'Drop all' }).click(),
  },
  { name: 'runs', path: '#/runs' },
  { name: 'run', path: '#/runs', act: openFirst },
  { name: 'runs-large', path: '#/runs', variant: 'large' },
  { name: 'run-partial', path: '#/runs/01JD9QTR2', variant: 'full' },
  { name: 'run-failed', path: '#/runs/01JD9QMM4', variant: 'full' },
  { name: 'run-live', path: '#/runs/01JD9QWA1', variant: 'full' },
  {
    name: 'palette',
    path: '#/home',
    act: async (page) => {
      await page.keyboard.press('ControlOrMeta+k')
      await page.keyboard.type('anal')
    },
  },
  { name: 'shortcuts', path: '#/home', act: (page) => page.getByRole('button', { name: 'Keyboard shortcuts' }).click() },
]

const args = process.argv.slice(2)
const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)
const out = args[0]
if (out === undefined || out.startsWith('--')) {
  console.error('usage: node test/e2e/screenshots.ts OUT_DIR [--url ADDRESS] [--only NAME] [--quick]')
  process.exit(2)
}
const url = option('--url')
const only = option('--only')
const sizes = args.includes('--quick')
  ? [[1280, 800]]
  : [
      [1280, 800],
      [1920, 1080],
    ]
await mkdir(out, { recursive: true })
const browser = await startChromium()
const studios = new Map<SampleVariant, string>()

for (const shot of shots) {
  if (only !== undefined && !shot.name.startsWith(only)) continue
  if (url !== undefined && shot.variant !== undefined) continue
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [width, height] of sizes) {
      const context = await browser.newContext({ viewport: { width: width!, height: height! }, colorScheme })
      const page = await context.newPage()
      if (url === undefined) await page.clock.setFixedTime(sampleNow)
      const file = join(out, `${shot.name}-${colorScheme}-${width}.png`)
      try {
        await page.goto(url ?? (await studio(shot.variant ?? 'full')))
        await page.evaluate((path) => (location.hash = path), shot.path)
        await page.waitForTimeout(700)
        await shot.act?.(page)
        await page.waitForTimeout(400)
        await page.screenshot({ path: file })
        console.log(file)
      } catch (thrown) {
        console.error(`${shot.name}: ${(thrown as Error).message.split('\n')[0]}`)
        await page.screenshot({ path: file })
        process.exitCode = 1
      }
      await context.close()
    }
  }
}
await browser.close()
process.exit()

async function studio(variant: SampleVariant): Promise<string> {
  const known = studios.get(variant)
  if (known !== undefined) return known
  const studio = await serveStudio(sampleHandlers(variant, (told) => studio.emit('edge.tailed', told)))
  studios.set(variant, studio.address)
  return studio.address
}
