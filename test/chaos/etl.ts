import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunResult } from '#core/pipeline/result.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { openDatabase } from '#desktop/host/database.ts'
import { createStateStore } from '#desktop/host/state-store.ts'
import { startTestWarehouse } from '#test/fixture/warehouse.ts'
import type { Case } from './case.ts'
import { compare, statesAhead } from './etl-count.ts'
import { type RunnerTask, startRunner, streams } from './etl-runner.ts'
import { startEtlTool } from './etl-tool.ts'

/*
 * Runs of the pipeline, one a mode, that are killed (kill -9) at any moment, whose tool misbehaves and whose warehouse is
 * killed under them; some of them refresh a stream. After each: is a state ahead of its data, does a reader see half of
 * something. At the end: does the warehouse equal the tool, row by row.
 */

const changesOfRound = 150

export const run: Case['run'] = async ({ rounds = 60, progress, signal }) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'))
  let server = await startTestWarehouse({ folder: join(folder, 'warehouse') })
  const port = Number(new URL(server.url).port)
  const { url, user, password } = server
  const warehouse = createClickHouse({ url, user, password })
  const tool = await startEtlTool()
  const broken: string[] = []
  const kills = { runner: 0, warehouse: 0 }
  let runs = 0
  const states = join(folder, 'states.db')
  const begin = (refresh?: string[]) => {
    const task: RunnerTask = {
      tool: tool.url,
      warehouse: { url, user, password },
      states,
      runId: `run-${String(++runs).padStart(5, '0')}`,
      refresh,
    }
    return startRunner(task)
  }
  try {
    tool.change(changesOfRound)
    // How long a run takes here, so that kills strike all of it.
    const calm = begin()
    await calm.begun
    const started = performance.now()
    await calm.ended
    const length = performance.now() - started
    progress(`A run takes ${Math.round(length)} ms.`)
    for (let round = 1; round <= rounds && !signal.aborted; round++) {
      tool.change(changesOfRound)
      tool.faultRate = round % 3 === 0 ? 4 : 0
      const runner = begin(round % 5 === 0 ? [Object.keys(streams)[(round / 5) % 6]!] : undefined)
      await runner.begun
      await sleep(Math.random() * length)
      if (round % 4 === 3) {
        await server.kill('SIGKILL')
        kills.warehouse++
        server = await startTestWarehouse({ folder: join(folder, 'warehouse'), port })
        if (Math.random() < 0.5) await sleep(Math.random() * length)
        else await runner.ended
      }
      if (runner.process.exitCode === null && runner.process.kill('SIGKILL')) kills.runner++
      await runner.ended
      broken.push(...(await statesAhead(warehouse, storedStates(states))).map((sentence) => `Round ${round}: ${sentence}`))
      if (round % 10 === 0) progress(`Round ${round} of ${rounds}: ${tool.changes.length} changes, ${tool.faults} faults of the tool.`)
    }
    tool.faultRate = 0
    progress('No more kills. Runs until two have ended well: the first may go on with what was broken off.')
    await settle(() => begin().ended, broken)
    const counts = await compare(warehouse, tool)
    broken.push(...counts.wrong)
    return {
      accepted: counts.expected,
      present: counts.present,
      lost: counts.expected - counts.present,
      doubled: counts.doubled,
      kills: kills.runner + kills.warehouse,
      runner_kills: kills.runner,
      warehouse_kills: kills.warehouse,
      tool_faults: tool.faults,
      changes: tool.changes.length,
      runs,
      ...(await takenUp(warehouse)),
      broken,
    }
  } finally {
    await warehouse.close()
    await tool.close()
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function settle(run: () => Promise<RunResult | undefined>, broken: string[]): Promise<void> {
  for (let well = 0, left = 10; well < 2; left--) {
    const result = await run()
    if (result?.status === 'succeeded') well++
    else if (left === 0) return void broken.push(`Nothing is broken any more, and a run still does not end well: ${result?.error?.message}`)
  }
}

function storedStates(path: string) {
  const database = openDatabase(path, { durable: true })
  const states = createStateStore(database).list()
  return states.finally(() => database.close())
}

/** How many runs went on with what another had read from the beginning. */
async function takenUp(warehouse: ClickHouseWarehouse): Promise<{ taken_up: number }> {
  for await (const [row] of warehouse.query<{ n: string }>(
    `SELECT uniqExact(run, stream) AS n FROM millrace.loads WHERE attempt != '' AND attempt != run`,
  )) {
    return { taken_up: Number(row!.n) }
  }
  return { taken_up: 0 }
}
