import type { Handlers } from '#core/host/dispatch.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { HostContext } from '../host-context.ts'
import { checkJob } from '../jobs/execute.ts'

/** Of a long log, this many lines are shown: the last. */
const shownLines = 5000

export function runHandlers(host: HostContext): Pick<Handlers, 'run.start' | 'run.cancel' | 'run.list' | 'run.get'> {
  return {
    async 'run.start'({ job, trigger }) {
      checkJob(job, host.view().stack)
      return { runId: host.runner.start(job, trigger).id }
    },
    async 'run.cancel'({ runId }) {
      host.runner.cancel(runId)
      return {}
    },
    async 'run.list'({ limit }) {
      return { runs: host.store.runs(limit) }
    },
    async 'run.get'({ runId }) {
      const run = host.store.run(runId)
      if (run === undefined) throw new MillraceError({ code: 'unknown-run', fault: 'config', message: `There is no run ${runId}.` })
      return { run, steps: host.store.steps(runId), logs: host.store.logs(runId, shownLines) }
    },
  }
}
