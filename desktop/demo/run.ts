import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Client } from '#core/host/client.ts'
import type { Job, Run } from '#core/host/contract.ts'
import { MillraceError } from '#core/lib/error.ts'
import { systemClock } from '#core/lib/runtime.ts'
import type { Demo } from './demo.ts'
import type { DemoSummary } from './summary.ts'
import { mailEvents, sendMail } from './tool/mail.ts'
import { storefrontCalls } from './tool/storefront-calls.ts'
import { openStorefront } from './tool/storefront.ts'

export interface RunDemoOptions {
  /** The host, serving the demo's stack, its sources published to the collector. */
  client: Client
  /** Address of the collector. */
  edgeUrl: string
  onProgress: (progress: DemoProgress) => void
  signal: AbortSignal
}

export interface DemoProgress {
  /** What is done ("CRM read"), or, with a count, what is being done ("Sending events"). */
  stage: string
  done?: number
  of?: number
}

/**
 * Plays the whole loop once: the history's events (only at the first start of a folder) while the ETL
 * sources are read, then models, traits, the sync, and both questions. Throws a MillraceError when a step failed.
 */
export async function runDemo(demo: Demo, options: RunDemoOptions): Promise<DemoSummary> {
  const timings: DemoSummary['timings'] = []
  const timed = async <Result>(stage: string, work: () => Promise<Result>): Promise<Result> => {
    const started = performance.now()
    const result = await work()
    timings.push({ stage, ms: Math.round(performance.now() - started) })
    options.onProgress({ stage })
    return result
  }

  const [traffic, crm, payments] = await together(options, (each) => [
    timed('Events sent and in the warehouse', () => sendHistory(demo, each)),
    timed('CRM read', () => runJob(each, { kind: 'source', name: 'crm' })),
    timed('Payments read', () => runJob(each, { kind: 'source', name: 'payments' })),
  ])
  await timed('Models built and tested', () => runJob(options, { kind: 'models' }))
  await timed('Traits computed', () => runJob(options, { kind: 'traits' }))
  await timed('Traits sent to the analytics tool', () => runJob(options, { kind: 'sync', name: 'high_value_to_analytics' }))
  return await timed('Questions asked', async () => ({
    topPages: (await ask(options, 'SELECT path, views FROM models.top_pages_of_qualified_buyers ORDER BY views DESC, path')).map(
      ([path, views]) => ({ path: String(path), views: Number(views) }),
    ),
    highValue: await askHighValue(options),
    counts: {
      people: await askNumber(options, 'SELECT count() FROM models.people'),
      eventsSent: traffic.sent,
      eventsStored: await askNumber(options, 'SELECT count() FROM events.all FINAL'),
      rowsLoaded: (crm.counts['rows_written'] ?? 0) + (payments.counts['rows_written'] ?? 0),
      ...(await askSynced(options)),
    },
    timings,
    tools: demo.tools,
  }))
}

/** Works side by side; when one fails, the others are ended before its error is thrown. */
async function together<Works extends Promise<unknown>[]>(
  options: RunDemoOptions,
  start: (options: RunDemoOptions) => [...Works],
): Promise<{ [Index in keyof Works]: Awaited<Works[Index]> }> {
  const abort = new AbortController()
  const works = start({ ...options, signal: AbortSignal.any([options.signal, abort.signal]) })
  try {
    return await Promise.all(works)
  } catch (thrown) {
    abort.abort(thrown)
    await Promise.allSettled(works)
    throw thrown
  }
}

/** Write keys of the stack's own files: a user may have changed them. */
export async function writeKeys(folder: string): Promise<{ storefront: string; email: string }> {
  const read = async (name: string) =>
    (parse(await readFile(join(folder, 'sources', `${name}.yaml`), 'utf8')) as { write_key: string }).write_key
  return { storefront: await read('storefront'), email: await read('email') }
}

async function sendHistory(demo: Demo, options: RunDemoOptions): Promise<{ sent: number }> {
  if (demo.memory.historySent) return { sent: 0 }
  const keys = await writeKeys(demo.folder)
  const calls = storefrontCalls(demo.world)
  const mail = mailEvents(demo.world)
  const of = calls.length + mail.length
  let done = 0
  const count = (more: number) => {
    done += more
    if (done % 5000 < more || done === of) options.onProgress({ stage: 'Sending events', done, of })
  }
  const sendCalls = async () => {
    const { edgeUrl, signal } = options
    const storefront = openStorefront({ edgeUrl, writeKey: keys.storefront, signal, onAccepted: () => count(1) })
    try {
      for (const call of calls) await storefront.send(call)
    } finally {
      await storefront.close()
    }
  }
  await Promise.all([
    sendCalls(),
    sendMail(mail, { edgeUrl: options.edgeUrl, source: 'email', writeKey: keys.email, signal: options.signal, onSent: count }),
  ])
  const distinct = new Set([...calls.map((call) => call.messageId), ...mail.map((event) => event.event_id)]).size
  await allStored(options, distinct)
  demo.memory.historySent = true
  demo.memory.save()
  return { sent: of }
}

/** The collector has accepted all of them; the warehouse gets them in batches, a little later. */
async function allStored(options: RunDemoOptions, expected: number): Promise<void> {
  for (;;) {
    const stored = await askNumber(options, "SELECT count() FROM events.all FINAL WHERE source IN ('storefront', 'email')")
    options.onProgress({ stage: 'Waiting for the warehouse', done: stored, of: expected })
    if (stored >= expected) return
    await systemClock.sleep(500, options.signal)
  }
}

/** Runs a job to its end. `partial` is for the caller to judge: the tool refuses one person by design. Throws the run's error when it failed. */
async function runJob({ client, signal }: RunDemoOptions, job: Job): Promise<Run> {
  const { runId } = await client.call('run.start', { job, trigger: 'demo' })
  for (;;) {
    const { run } = await client.call('run.get', { runId })
    if (run.status === 'succeeded' || (run.status === 'partial' && job.kind === 'sync')) return run
    if (run.status !== 'queued' && run.status !== 'running') {
      throw new MillraceError(
        run.error ?? { code: 'demo-failed', fault: 'system', message: `The demo's run of ${describe(job)} ended as ${run.status}.` },
      )
    }
    await systemClock.sleep(100, signal)
  }
}

function describe(job: Job): string {
  return 'name' in job && job.name !== undefined ? `${job.kind} ${job.name}` : job.kind
}

async function ask({ client }: RunDemoOptions, sql: string): Promise<unknown[][]> {
  return (await client.call('sql.run', { sql, queryId: `demo-${crypto.randomUUID()}`, limit: 100_000 })).rows
}

async function askNumber(options: RunDemoOptions, sql: string): Promise<number> {
  return Number((await ask(options, sql))[0]?.[0])
}

async function askHighValue(options: RunDemoOptions): Promise<DemoSummary['highValue']> {
  const rows = await ask(
    options,
    "SELECT id FROM profiles.traits WHERE entity = 'user' AND trait = 'high_value' AND value = 'true' ORDER BY id",
  )
  const userIds = rows.map(([id]) => String(id))
  return { people: userIds.length, userIds }
}

async function askSynced({ client }: RunDemoOptions): Promise<{ synced: number; rejected: number }> {
  const { syncs } = await client.call('sync.list', {})
  const { synced, rejected } = syncs.find((sync) => sync.name === 'high_value_to_analytics') ?? { synced: 0, rejected: 0 }
  return { synced, rejected }
}
