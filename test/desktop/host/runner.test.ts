import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Job, LogLine, Run } from '#core/host/contract.ts'
import { MillraceError } from '#core/lib/error.ts'
import { systemClock } from '#core/lib/runtime.ts'
import { openDatabase } from '#desktop/host/database.ts'
import { createHostEvents } from '#desktop/host/emitter.ts'
import { createRedactor } from '#desktop/host/redact.ts'
import { createRunStore, jobKey } from '#desktop/host/run-store.ts'
import { createRunner, type ExecuteJob } from '#desktop/host/runner.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

function start(execute: ExecuteJob, options: { limit?: number; path?: string; keys?: (job: Job) => string[] } = {}) {
  const path = options.path ?? join(tempFolder(), 'state.db')
  const database = openDatabase(path, { durable: false })
  const store = createRunStore(database)
  const events = createHostEvents((thrown) => {
    throw thrown
  })
  const redactor = createRedactor()
  const changes: Run[] = []
  const logs: (LogLine & { runId: string })[] = []
  events.listen('run.changed', (run) => changes.push(run))
  events.listen('run.log', (line) => logs.push(line))
  const runner = createRunner({
    store,
    events,
    redactor,
    clock: systemClock,
    runtime: { fetch: globalThis.fetch, clock: systemClock, random: Math.random },
    limit: options.limit ?? 4,
    keys: options.keys ?? ((job) => [jobKey(job)]),
    execute,
  })
  onTestFinished(async () => {
    await runner.close()
    if (database.open) database.close()
  })
  return { runner, store, changes, logs, redactor, database, path }
}

/** A gate that the test opens. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { passed: promise, open: resolve }
}

const keys = (job: Job) => (job.kind === 'all' ? ['source:a', 'source:b'] : [jobKey(job)])

const source = (name: string): Job => ({ kind: 'source', name })

describe('the runner', () => {
  it('runs a job, and writes down its steps, counts and log', async () => {
    const { runner, store, changes, logs } = start(async (_job, { recorder, runtime }) => {
      await recorder.step('read', async (report) => {
        report({ rows: 10 })
        runtime.log('info', 'Read a page.', { page: 1 })
        return { status: 'succeeded', counts: { rows: 25 } }
      })
      await recorder.step('write', async () => ({ status: 'succeeded', counts: { rows: 5, bytes: 100 } }))
    })
    const { id } = runner.start(source('crm'), 'manual')
    await runner.idle()
    expect(store.run(id)).toMatchObject({ job: source('crm'), trigger: 'manual', status: 'succeeded', counts: { rows: 30, bytes: 100 } })
    expect(store.run(id)?.endedAt).toBeGreaterThanOrEqual(store.run(id)!.startedAt)
    expect(store.steps(id)).toMatchObject([
      { id: 1, name: 'read', status: 'succeeded', counts: { rows: 25 } },
      { id: 2, name: 'write', status: 'succeeded', counts: { rows: 5, bytes: 100 } },
    ])
    expect(store.logs(id, 100)).toMatchObject([{ level: 'info', message: 'Read a page.', facts: { page: 1 } }])
    expect(logs).toMatchObject([{ runId: id, message: 'Read a page.' }])
    expect(changes.map((run) => run.status)).toEqual(expect.arrayContaining(['queued', 'running', 'succeeded']))
    expect(changes.at(-1)).toMatchObject({ status: 'succeeded', counts: { rows: 30, bytes: 100 } })
  })

  it.each([
    [['succeeded', 'succeeded'], 'succeeded'],
    [['succeeded', 'failed'], 'partial'],
    [['failed', 'failed'], 'failed'],
    [['partial', 'failed'], 'partial'],
    [['failed', 'cancelled'], 'failed'],
    [[], 'succeeded'],
  ] as const)('makes of steps %j the status %s', async (statuses, expected) => {
    const { runner, store } = start(async (_job, { recorder }) => {
      for (const [index, status] of statuses.entries()) await recorder.step(String(index), async () => ({ status }))
    })
    const { id } = runner.start({ kind: 'models' }, 'manual')
    await runner.idle()
    expect(store.run(id)?.status).toBe(expected)
  })

  it('keeps the error of a step with its place, and goes on to the next step', async () => {
    const { runner, store } = start(async (_job, { recorder }) => {
      await recorder.step('a', async () => {
        throw new MillraceError({ code: 'invalid-sql', fault: 'config', message: 'No such column.', at: { file: 'models/a.sql', line: 3 } })
      })
      await recorder.step('b', async () => ({ status: 'succeeded' }))
    })
    const { id } = runner.start({ kind: 'models' }, 'manual')
    await runner.idle()
    expect(store.run(id)).toMatchObject({ status: 'partial', error: { code: 'invalid-sql', at: { file: 'models/a.sql', line: 3 } } })
    expect(store.steps(id).map((step) => step.status)).toEqual(['failed', 'succeeded'])
  })

  it('survives a defect in a job', async () => {
    const { runner, store } = start(async (job) => {
      if (job.kind === 'traits') throw new TypeError('undefined is not a function')
    })
    const { id } = runner.start({ kind: 'traits' }, 'manual')
    await runner.idle()
    expect(store.run(id)).toMatchObject({
      status: 'failed',
      error: { code: 'unexpected', fault: 'system', message: 'undefined is not a function' },
    })
    const next = runner.start({ kind: 'models' }, 'manual')
    await runner.idle()
    expect(store.run(next.id)?.status).toBe('succeeded')
  })

  it('runs one run of a job at a time, others side by side, up to the limit', async () => {
    const gates = new Map<string, ReturnType<typeof gate>>()
    const started: string[] = []
    const { runner } = start(
      async (job) => {
        const key = jobKey(job)
        started.push(key)
        const wait = gate()
        gates.set(key, wait)
        await wait.passed
      },
      { limit: 2 },
    )
    runner.start(source('a'), 'manual')
    runner.start(source('a'), 'manual')
    runner.start(source('b'), 'manual')
    runner.start(source('c'), 'manual')
    expect(started).toEqual(['source:a', 'source:b'])
    gates.get('source:b')!.open()
    await expect.poll(() => started).toEqual(['source:a', 'source:b', 'source:c'])
    gates.get('source:a')!.open()
    await expect.poll(() => started).toEqual(['source:a', 'source:b', 'source:c', 'source:a'])
    gates.get('source:a')!.open()
    gates.get('source:c')!.open()
    await runner.idle()
  })

  it('queues the same job once', async () => {
    const wait = gate()
    const { runner, store } = start(() => wait.passed)
    const [first, second, third] = [1, 2, 3].map(() => runner.start(source('a'), 'manual'))
    expect(second!.id).not.toBe(first!.id)
    expect(third!.id).toBe(second!.id)
    expect(runner.start({ kind: 'sync', name: 'x', retryOnly: true }, 'manual').id).not.toBe(
      runner.start({ kind: 'sync', name: 'x' }, 'manual').id,
    )
    wait.open()
    await runner.idle()
    expect(store.runs(10)).toHaveLength(4)
  })

  it('does not let later jobs starve one that needs many keys', async () => {
    const gates = [gate(), gate(), gate()]
    const started: string[] = []
    const { runner } = start(
      async (job) => {
        started.push(jobKey(job))
        await gates[started.length - 1]!.passed
      },
      { keys },
    )
    runner.start(source('a'), 'manual')
    runner.start({ kind: 'all' }, 'manual')
    runner.start(source('b'), 'manual')
    expect(started).toEqual(['source:a'])
    for (const [index, wait] of gates.entries()) {
      wait.open()
      await expect.poll(() => started.length).toBeGreaterThanOrEqual(Math.min(3, index + 2))
    }
    await runner.idle()
    expect(started).toEqual(['source:a', 'all', 'source:b'])
  })

  it('cancels a run that goes on, with what it had done kept', async () => {
    const { runner, store } = start(async (_job, { recorder, runtime }) => {
      await recorder.step('deliver', async (report) => {
        report({ delivered: 7 })
        await systemClock.sleep(600_000, runtime.signal)
        return { status: 'succeeded' }
      })
    })
    const { id } = runner.start({ kind: 'sync', name: 'x' }, 'manual')
    runner.cancel(id)
    await runner.idle()
    expect(store.run(id)).toMatchObject({ status: 'cancelled', counts: { delivered: 7 }, error: { code: 'cancelled' } })
    expect(store.steps(id)).toMatchObject([{ name: 'deliver', status: 'cancelled', counts: { delivered: 7 } }])
  })

  it('cancels a run that waits, without ever starting it', async () => {
    const wait = gate()
    let count = 0
    const { runner, store } = start(async () => {
      count++
      await wait.passed
    })
    runner.start(source('a'), 'manual')
    const { id } = runner.start(source('a'), 'manual')
    runner.cancel(id)
    expect(store.run(id)?.status).toBe('cancelled')
    wait.open()
    await runner.idle()
    expect(count).toBe(1)
  })

  it('leaves an ended run as it is, and knows no other', async () => {
    const { runner, store } = start(async () => {})
    const { id } = runner.start({ kind: 'models' }, 'manual')
    await runner.idle()
    runner.cancel(id)
    expect(store.run(id)?.status).toBe('succeeded')
    expect(() => runner.cancel('nope')).toThrow(expect.objectContaining({ code: 'unknown-run' }))
  })

  it('marks what a dead process left behind as failed', () => {
    const path = join(tempFolder(), 'state.db')
    const dead = openDatabase(path, { durable: false })
    const store = createRunStore(dead)
    const left: Run = { id: '01', job: source('a'), trigger: 'schedule', status: 'running', startedAt: 5, counts: { rows: 3 } }
    store.insertRun(left)
    store.insertRun({ ...left, id: '02', status: 'queued' })
    store.insertRun({ ...left, id: '03', status: 'succeeded', endedAt: 6 })
    store.writeStep('01', { id: 1, name: 'leads', status: 'running', startedAt: 5, counts: { rows: 3 } })
    dead.close()

    const { store: reopened } = start(async () => {}, { path })
    expect(reopened.run('01')).toMatchObject({ status: 'failed', counts: { rows: 3 }, error: { code: 'interrupted', retryable: true } })
    expect(reopened.run('01')?.endedAt).toBeGreaterThan(5)
    expect(reopened.steps('01')).toMatchObject([{ status: 'failed', counts: { rows: 3 }, error: { code: 'interrupted' } }])
    expect(reopened.run('02')).toMatchObject({ status: 'failed' })
    expect(reopened.run('03')).toMatchObject({ status: 'succeeded', endedAt: 6 })
  })

  it('lets no secret into logs, errors or events', async () => {
    const secret = 'sk_live_51"H/x&y'
    const { runner, store, changes, logs, redactor, database } = start(async (_job, { recorder, runtime }) => {
      runtime.log('error', `401 for https://crm.example/?key=${encodeURIComponent(secret)}`, {
        headers: { authorization: secret },
        body: JSON.stringify({ secret }),
      })
      recorder.note('stream', {
        status: 'failed',
        counts: {},
        error: new MillraceError({ code: 'a', fault: 'config', message: `bad ${secret}` }).toJSON(),
      })
      throw new MillraceError({
        code: 'b',
        fault: 'config',
        message: `The key ${secret} was refused.`,
        mend: `Not ${secret}.`,
        at: { field: secret },
      })
    })
    redactor.add(secret)
    const { id } = runner.start(source('crm'), 'manual')
    await runner.idle()
    const everything = JSON.stringify([
      store.run(id),
      store.steps(id),
      store.logs(id, 10),
      changes,
      logs,
      database.prepare('SELECT * FROM runs').all(),
    ])
    expect(everything).not.toContain('sk_live')
    expect(store.run(id)?.error?.message).toBe('The key ••• was refused.')
  })

  it('cuts a log that has no end', async () => {
    const { runner, store } = start(async (_job, { runtime }) => {
      for (let line = 0; line < 25_000; line++) runtime.log('debug', `line ${line}`)
    })
    const { id } = runner.start({ kind: 'models' }, 'manual')
    await runner.idle()
    const lines = store.logs(id, 100_000)
    expect(lines).toHaveLength(20_000)
    expect(lines.at(-1)).toMatchObject({ level: 'warn', message: expect.stringContaining('cut') })
  })

  it('forgets the oldest runs with their steps and logs', () => {
    const { store, database } = start(async () => {})
    for (let index = 0; index < 10; index++) {
      const id = String(index)
      store.insertRun({
        id,
        job: { kind: 'models' },
        trigger: 'manual',
        status: index === 0 ? 'running' : 'failed',
        startedAt: index,
        counts: {},
      })
      store.writeStep(id, { id: 1, name: 'a', status: 'failed', startedAt: 1, counts: {} })
      store.log(id, { at: 1, level: 'info', message: 'x' })
    }
    store.prune(3)
    expect(store.runs(100).map((run) => run.id)).toEqual(['9', '8', '7', '0'])
    expect(database.prepare('SELECT count(*) FROM logs').pluck().get()).toBe(4)
    expect(database.prepare('SELECT count(*) FROM steps').pluck().get()).toBe(4)
  })

  it('holds its rules whatever is started and cancelled in whatever order', async () => {
    const operation = fc.oneof(
      fc.record({ do: fc.constant('start' as const), name: fc.constantFrom('a', 'b', 'c'), all: fc.boolean() }),
      fc.record({ do: fc.constant('cancel' as const), index: fc.nat(20) }),
      fc.record({ do: fc.constant('finish' as const), index: fc.nat(20) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), async (operations, limit) => {
        const held = new Set<string>()
        const active: { open: () => void }[] = []
        const { runner, store, database } = start(
          async (job, { runtime }) => {
            for (const key of keys(job)) {
              expect(held.has(key)).toBe(false)
              held.add(key)
            }
            const wait = gate()
            active.push(wait)
            expect(active.length).toBeLessThanOrEqual(limit)
            runtime.signal.addEventListener('abort', () => wait.open())
            await wait.passed
            active.splice(active.indexOf(wait), 1)
            for (const key of keys(job)) held.delete(key)
            runtime.signal.throwIfAborted()
          },
          { limit, keys },
        )
        const ids: string[] = []
        for (const item of operations) {
          if (item.do === 'start') ids.push(runner.start(item.all ? { kind: 'all' } : source(item.name), 'manual').id)
          else if (item.do === 'cancel' && ids.length > 0) runner.cancel(ids[item.index % ids.length]!)
          else if (item.do === 'finish' && active.length > 0) active[item.index % active.length]!.open()
          await new Promise((resolve) => setImmediate(resolve))
        }
        await runner.close()
        expect(active).toEqual([])
        for (const id of ids) expect(['succeeded', 'cancelled']).toContain(store.run(id)?.status)
        database.close()
      }),
      { numRuns: 40 },
    )
  })
})
