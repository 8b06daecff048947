import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type Trial, type TrialResult, trialResultSchema } from '#core/event/transform-trial.ts'
import { MillraceError } from '#core/lib/error.ts'
import { nodeProgram } from '../service.ts'

const program = fileURLToPath(new URL('../../../edge/serve/try-transform.ts', import.meta.url))

/** Tries a transform in a sandbox of its own, which ends with it. Throws what stood in the way. */
export async function runTrial(trial: Trial, signal: AbortSignal): Promise<TrialResult> {
  // The sandbox ends with the program's stdin; a transform that hangs it is ended by the program itself.
  const child = spawn(nodeProgram(), [program], { stdio: ['pipe', 'pipe', 'pipe'], signal, env: { PATH: process.env['PATH'] ?? '' } })
  const failed = new Promise<never>((_resolve, reject) => child.once('error', reject))
  child.stdin.on('error', () => {})
  child.stdin.end(JSON.stringify(trial))
  const [stdout, stderr] = await Promise.race([Promise.all([text(child.stdout), text(child.stderr)]), failed])
  const answer = parse(stdout)
  const result = trialResultSchema.safeParse(answer)
  if (result.success) return result.data
  const error = (answer as { error?: ConstructorParameters<typeof MillraceError>[0] } | undefined)?.error
  throw new MillraceError(
    error ?? { code: 'trial-failed', fault: 'system', message: `The sandbox could not be run: ${stderr.slice(-1000)}` },
  )
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
