import type { Client } from '#core/host/client.ts'
import type { Job, Run, Step } from '#core/host/contract.ts'
import { formatError } from '#core/lib/error.ts'
import { systemClock } from '#core/lib/runtime.ts'
import { jobKey } from '#desktop/host/run-store.ts'
import { formatTable } from './output.ts'
import { withSession } from './session.ts'
import type { Outcome, VerbContext } from './verb.ts'

/** The host is asked this often, in milliseconds, in case it told and was not heard. */
const askEvery = 1000

/** Runs a job and shows it; Ctrl-C cancels the run and waits for its end. */
export function runJob(context: VerbContext, job: Job): Promise<Outcome> {
  return withSession(context, async ({ client }) => {
    const { output, signal } = context
    const { runId } = await client.call('run.start', { job, trigger: 'command' })
    const stops = [
      client.listen('run.changed', (run) => {
        if (run.id === runId) output.progress({ run }, `${jobKey(job)}: ${run.status} ${formatCounts(run.counts)}`)
      }),
      client.listen('run.log', (line) => {
        if (line.runId !== runId || line.level === 'debug') return
        if (output.json) output.progress({ log: line }, '')
        else if (line.level !== 'info') output.note(`${line.level}: ${line.message}`)
      }),
    ]
    try {
      const run = await ended(client, runId, signal)
      const { steps } = await client.call('run.get', { runId })
      output.result({ run, steps }, formatRun(run, steps))
      return run.status === 'succeeded' ? 'done' : run.status === 'partial' ? 'partly' : 'failed'
    } finally {
      for (const stop of stops) stop()
    }
  })
}

async function ended(client: Client, runId: string, signal: AbortSignal): Promise<Run> {
  let pause = new AbortController()
  const stop = client.listen('run.changed', (run) => {
    if (run.id === runId && run.endedAt !== undefined) pause.abort()
  })
  const cancel = () => void client.call('run.cancel', { runId }).catch(() => {})
  if (signal.aborted) cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    for (;;) {
      pause = new AbortController()
      const { run } = await client.call('run.get', { runId })
      if (run.endedAt !== undefined) return run
      await systemClock.sleep(askEvery, pause.signal).catch(() => {})
    }
  } finally {
    stop()
    signal.removeEventListener('abort', cancel)
  }
}

function formatRun(run: Run, steps: readonly Step[]): string {
  const table = steps.map((step) => [step.name, step.status, seconds(step.startedAt, step.endedAt), formatCounts(step.counts)])
  return [
    ...(steps.length === 0 ? [] : [formatTable(['step', 'status', 'time', 'counts'], table)]),
    `${jobKey(run.job)}: ${run.status} in ${seconds(run.startedAt, run.endedAt)}. ${formatCounts(run.counts)}`.trimEnd(),
    ...new Set([run.error, ...steps.map((step) => step.error)].flatMap((error) => (error === undefined ? [] : [formatError(error)]))),
  ].join('\n')
}

function seconds(from: number, to: number | undefined): string {
  return to === undefined ? '' : `${((to - from) / 1000).toFixed(1)} s`
}

export function formatCounts(counts: Record<string, number>): string {
  return Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${count.toLocaleString('en-US')} ${name.replaceAll('_', ' ')}`)
    .join(', ')
}
