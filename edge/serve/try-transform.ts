import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { trialSchema, type TrialResult, tryTransform } from '#core/event/transform-trial.ts'
import type { RunTransform } from '#core/event/transform.ts'
import { toMillraceError } from '#core/lib/error.ts'
import { RemoteSandbox } from '../transform/remote-sandbox.ts'
import { runTransformIn } from '../transform/run.ts'
import { keepSandbox } from './sandbox-keeper.ts'
import { socketService } from './socket-service.ts'

/*
 * Tries a transform: takes a `Trial` on stdin, runs it in a sandbox as the collector's, and prints the `TrialResult`, or
 * `{"error"}` and exits 1. Of its own, because a transform is tried before a collector is told of it, or without one.
 */

const folder = mkdtempSync(join(tmpdir(), 'millrace-trial-'))
const keeper = await keepSandbox(folder, (line) => console.error(line))
try {
  const trial = trialSchema.parse(JSON.parse(await text(process.stdin)))
  const logs: TrialResult['logs'] = []
  const sandbox = new RemoteSandbox(socketService(keeper.sandboxSocket), socketService(keeper.keeperSocket))
  const run = runTransformIn(sandbox.run, (line) => logs.push(line))
  let elapsed = 0
  const timed: RunTransform = async (...call) => {
    const start = performance.now()
    const result = await run(...call)
    elapsed += performance.now() - start
    return result
  }
  const results = await tryTransform(trial, timed, Date.now())
  console.log(JSON.stringify({ results, logs, elapsed } satisfies TrialResult))
} catch (thrown) {
  console.log(JSON.stringify({ error: toMillraceError(thrown).toJSON() }))
  process.exitCode = 1
} finally {
  await keeper.stop()
  rmSync(folder, { recursive: true, force: true })
}
