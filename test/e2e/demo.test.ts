import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DemoSummary } from '#desktop/demo/summary.ts'
import { mailEvents } from '#desktop/demo/tool/mail.ts'
import { storefrontCalls } from '#desktop/demo/tool/storefront-calls.ts'
import { type Answers, answer, type ExpectedProfile, profiles } from '#desktop/demo/world/oracle.ts'
import { makeWorld } from '#desktop/demo/world/world.ts'

// The whole product, as `npm start` runs it, in a smaller world: the real collector, warehouse, host and SDK.
// What it printed and what arrived at the tool are held against the generator's own records.

const program = new URL('../../desktop/cli/index.ts', import.meta.url).pathname

interface Started {
  code: number | null
  summary: DemoSummary
  output: string
  /** The oracle's answers just before and just after: a week may end in between. */
  truths: Answers[]
  expected: Map<string, ExpectedProfile>
}

async function up(folder: string): Promise<Started> {
  const { world } = JSON.parse(await readFile(join(folder, '.millrace', 'demo.json'), 'utf8'))
  const { people } = makeWorld(world)
  const before = answer(people, Date.now())
  const any = ['--port', '0', '--edge-port', '0', '--warehouse-port', '0']
  const child = spawn(process.execPath, [program, 'up', '--demo', folder, '--exit', '--json', ...any], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (errors += chunk))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const lines = output.split('\n').filter(Boolean)
  const result = lines.map((line) => JSON.parse(line)).find((line) => line.type === 'result')
  if (result === undefined) throw new Error(`up printed no result (exit ${code}):\n${lines.slice(-5).join('\n')}\n${errors}`)
  return { code, summary: result.demo, output, truths: [before, answer(people, Date.now())], expected: profiles(people, Date.now()) }
}

async function toolState(folder: string): Promise<Record<string, ExpectedProfile>> {
  return JSON.parse(await readFile(join(folder, '.millrace', 'demo-analytics.json'), 'utf8'))
}

/** The tool refuses one person by design: the address of one of the characters is none. */
function deliverable(expected: Map<string, ExpectedProfile>): Record<string, ExpectedProfile> {
  return Object.fromEntries([...expected].filter(([, profile]) => profile.email.includes('@')))
}

describe('the demo', () => {
  let parent: string
  let folder: string
  let first: Started
  const world = { seed: 11, people: 300, now: Date.now() }

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'millrace-e2e-'))
    folder = join(parent, 'shop')
    await mkdir(join(folder, '.millrace'), { recursive: true })
    await writeFile(join(folder, '.millrace', 'demo.json'), JSON.stringify({ world, historySent: false, secrets: {} }))
    first = await up(folder)
  }, 180_000)
  afterAll(() => rm(parent, { recursive: true, force: true }))

  it('ends well', () => expect(first.code).toBe(0))

  it('answers what the top pages of qualified leads with more than 5 purchases are, as the records do', () => {
    expect(first.truths.map((truth) => truth.topPages)).toContainEqual(first.summary.topPages)
  })

  it('finds the high-value people, every one and nobody else', () => {
    expect(first.truths.map((truth) => truth.highValue)).toContainEqual(first.summary.highValue.userIds)
    expect(first.summary.highValue.people).toBeGreaterThan(15)
  })

  it('holds every event exactly once, though some were sent twice', () => {
    const { people, settings } = makeWorld(world)
    const calls = storefrontCalls({ people, settings })
    const mail = mailEvents({ people, settings })
    expect(first.summary.counts.eventsSent).toBe(calls.length + mail.length)
    const distinct = new Set([...calls.map((call) => call.messageId), ...mail.map((event) => event.event_id)])
    expect(first.summary.counts.eventsStored).toBe(distinct.size)
    expect(distinct.size).toBeLessThan(calls.length + mail.length)
  })

  it('leaves the analytics tool with the traits of every account but the one it refuses', async () => {
    const expected = deliverable(first.expected)
    expect(await toolState(folder)).toEqual(expected)
    expect(first.summary.counts).toMatchObject({ people: first.expected.size, synced: Object.keys(expected).length, rejected: 1 })
  })

  it('tells no secret', async () => {
    const { secrets } = JSON.parse(await readFile(join(folder, '.millrace', 'demo.json'), 'utf8'))
    expect(Object.keys(secrets)).toHaveLength(3)
    for (const secret of Object.values(secrets)) expect(first.output).not.toContain(secret)
  })

  it('sends nothing twice when it starts again, and comes to the same', async () => {
    const second = await up(folder)
    expect(second.code).toBe(0)
    expect(second.summary.counts).toMatchObject({ eventsSent: 0, eventsStored: first.summary.counts.eventsStored, rejected: 1 })
    expect(second.truths.map((truth) => truth.topPages)).toContainEqual(second.summary.topPages)
    expect(await toolState(folder)).toEqual(deliverable(second.expected))
  }, 180_000)
})
