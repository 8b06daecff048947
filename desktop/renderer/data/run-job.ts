import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Job, Run } from '#core/host/contract.ts'
import { toMillraceError } from '#core/lib/error.ts'
import { useToast } from '../components/toast.tsx'
import { openScreen } from '../shell/route.ts'
import { useCall, useHost } from './host.tsx'

/** Starts a job and says so; a refusal is shown as what it is. */
export function useStartRun() {
  const client = useHost()
  const queries = useQueryClient()
  const toast = useToast()
  return useMutation({
    mutationFn: (job: Job) => client.call('run.start', { job }),
    onSuccess: ({ runId }, job) => {
      void queries.invalidateQueries({ queryKey: ['run.list'] })
      toast({ tone: 'ok', title: `${describeJob(job)} started`, action: { label: 'Open run', run: () => openScreen('runs', runId) } })
    },
    onError: (thrown, job) => {
      const error = toMillraceError(thrown)
      toast({ tone: 'error', title: `${describeJob(job)} did not start`, text: [error.message, error.mend].filter(Boolean).join(' ') })
    },
  })
}

/** Asks a run to stop. */
export function useCancelRun() {
  const client = useHost()
  const toast = useToast()
  return useMutation({
    mutationFn: (runId: string) => client.call('run.cancel', { runId }),
    onError: (thrown) => toast({ tone: 'error', title: 'The run could not be cancelled', text: toMillraceError(thrown).message }),
  })
}

/** Runs of one job, newest first, from the list the host keeps. */
export function useRunsOf(matches: (job: Job) => boolean): Run[] {
  const { data } = useCall('run.list', { limit: 200 })
  return data?.runs.filter((run) => matches(run.job)) ?? []
}

/** What a job is called on the screen. */
export function describeJob(job: Job): string {
  switch (job.kind) {
    case 'source':
      return `Source ${job.name}`
    case 'models':
      return `${job.testOnly ? 'Tests of ' : ''}${job.name === undefined ? 'all models' : `model ${job.name}`}`.replace(/^./, (letter) =>
        letter.toUpperCase(),
      )
    case 'traits':
      return job.name === undefined ? 'All traits' : `Trait ${job.name}`
    case 'sync':
      return job.retryOnly ? `Retry of sync ${job.name}` : `Sync ${job.name}`
    case 'all':
      return 'Everything that is due'
  }
}

/** Who or what started a run, behind “by”. */
export const triggerWords: Record<Run['trigger'], string> = {
  manual: 'hand',
  schedule: 'its schedule',
  command: 'the command',
  demo: 'the demo',
}

/** True until the run has ended. */
export function isLive(run: Run): boolean {
  return run.status === 'queued' || run.status === 'running'
}
