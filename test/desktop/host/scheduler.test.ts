import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Job } from '#core/host/contract.ts'
import { loadStack } from '#core/stack/load.ts'
import { openDatabase } from '#desktop/host/database.ts'
import { jobKey } from '#desktop/host/run-store.ts'
import { parseSchedule } from '#desktop/host/schedule.ts'
import { createScheduler } from '#desktop/host/scheduler.ts'
import { manualClock } from '#test/fixture/manual-clock.ts'
import { stackOf } from '#test/fixture/stack-files.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

const minute = 60_000
const start = Date.UTC(2026, 0, 5, 12, 0)

async function schedule(pattern: string, path = join(tempFolder(), 'state.db')) {
  let stack = await loadStack(stackOf(files(pattern)))
  const clock = manualClock(start)
  const database = openDatabase(path, { durable: false })
  onTestFinished(() => void database.close())
  const started: { key: string; trigger: string; at: number }[] = []
  const active = new Set<string>()
  const logs: string[] = []
  const scheduler = createScheduler({
    database,
    clock,
    log: (_level, message) => logs.push(message),
    stack: () => stack,
    start: (job: Job, trigger) => started.push({ key: jobKey(job), trigger, at: (clock.now() - start) / minute }),
    isActive: (job) => active.has(jobKey(job)),
  })
  return {
    scheduler,
    clock,
    started,
    active,
    logs,
    async change(next: string) {
      stack = await loadStack(stackOf(files(next)))
    },
    at(minutes: number) {
      clock.set(start + minutes * minute)
      return (scheduler.tick() - start) / minute
    },
  }
}

function files(pattern: string): Record<string, string> {
  return {
    'millrace.yaml': 'name: test\n',
    'sources/crm.yaml': `kind: etl\nconnector: declarative\nschedule: ${JSON.stringify(pattern)}\n`,
    'sources/web.yaml': 'kind: sdk\nwrite_key: 12345678\n',
  }
}

describe('the scheduler', () => {
  it('starts a job each interval, counted from when it was first seen', async () => {
    const { at, started } = await schedule('every 15 minutes')
    at(0)
    at(14.9)
    expect(started).toEqual([])
    at(15)
    at(16)
    at(30)
    expect(started).toEqual([
      { key: 'source:crm', trigger: 'schedule', at: 15 },
      { key: 'source:crm', trigger: 'schedule', at: 30 },
    ])
  })

  it('starts a job by a cron pattern', async () => {
    const { at, started } = await schedule('*/10 * * * *')
    at(0)
    at(9)
    at(10)
    at(11)
    at(20)
    expect(started.map((run) => run.at)).toEqual([10, 20])
  })

  it('makes up for runs missed in sleep with one', async () => {
    const { at, started } = await schedule('every 15 minutes')
    at(0)
    at(8 * 60)
    at(8 * 60 + 14)
    expect(started.map((run) => run.at)).toEqual([480])
    at(8 * 60 + 15)
    expect(started).toHaveLength(2)
  })

  it('makes up for runs missed while Millrace did not run', async () => {
    const path = join(tempFolder(), 'state.db')
    const first = await schedule('every 15 minutes', path)
    first.at(0)
    const second = await schedule('every 15 minutes', path)
    second.at(20)
    expect(second.started.map((run) => run.at)).toEqual([20])
  })

  it('counts a changed schedule anew', async () => {
    const { at, started, change } = await schedule('every 15 minutes')
    at(0)
    await change('every 60 minutes')
    at(20)
    at(79)
    expect(started).toEqual([])
    at(80)
    expect(started).toHaveLength(1)
  })

  it('skips what is still running, and says so', async () => {
    const { at, started, active, logs } = await schedule('every 15 minutes')
    at(0)
    active.add('source:crm')
    at(15)
    expect(started).toEqual([])
    expect(logs).toEqual([expect.stringContaining('skipped')])
    active.clear()
    at(29)
    expect(started).toEqual([])
    at(30)
    expect(started).toHaveLength(1)
  })

  it('wakes in time, and at least each half minute to notice that the machine slept', async () => {
    const { at } = await schedule('every 15 minutes')
    expect(at(0)).toBe(0.5)
    expect(at(14.8)).toBe(15)
  })

  it('lives with a schedule that makes no sense', async () => {
    const { at, started } = await schedule('whenever you like')
    at(0)
    at(1000)
    expect(started).toEqual([])
  })
})

describe('schedules', () => {
  it.each([
    ['every 15 minutes', 15 * minute],
    ['every 2 hours', 120 * minute],
    ['every day', 24 * 60 * minute],
    ['every 30 seconds', minute / 2],
  ])('%s', (text, interval) => {
    expect(parseSchedule(text)(start)).toBe(start + interval)
  })

  it.each(['', 'every 0 minutes', 'every -1 minutes', 'every fortnight', '61 * * * *', '* * * *', '* * * * * *', 'now'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseSchedule(text)).toThrow(expect.objectContaining({ code: 'invalid-schedule' }))
    },
  )

  it('has no next time for a day that never comes', () => {
    expect(parseSchedule('0 0 30 2 *')(start)).toBeUndefined()
  })
})
