import { ListChecks, RotateCcw, Square } from 'lucide-react'
import type { Run } from '#core/host/contract.ts'
import { RunBadge, runWords } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { KeyFigure } from '../../components/key-figure.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { Page, Panel } from '../../components/page.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { formatClock, formatDay, formatDuration, formatExact, humanize } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { useNow } from '../../data/now.ts'
import { describeJob, isLive, triggerWords, useCancelRun, useStartRun } from '../../data/run-job.ts'
import { href, openScreen } from '../../shell/route.ts'
import { isTrouble, worthShowing } from './counts.tsx'
import { LogView } from './log-view.tsx'
import { Timeline } from './timeline.tsx'

/** One run: its steps in time, what it counted, its log as it is written, and its error with the mend. */
export function RunDetail({ runId }: { runId: string }) {
  const { data, error, refetch } = useCall(
    'run.get',
    { runId },
    { refetchInterval: (query) => (query.state.data && isLive(query.state.data.run) ? 1000 : false) },
  )
  const cancel = useCancelRun()
  const start = useStartRun()
  const run = data?.run
  const parent = { title: 'Runs', href: href('runs') }
  if (error && !data) {
    return (
      <Page title={runId} parent={parent}>
        {error.code === 'unknown-run' ? (
          <EmptyState icon={ListChecks} title="There is no such run" action={<Button onClick={() => openScreen('runs')}>All runs</Button>}>
            <p>{error.message}</p>
          </EmptyState>
        ) : (
          <ErrorNotice title="The run cannot be shown" error={error} onRetry={() => void refetch()} />
        )}
      </Page>
    )
  }
  return (
    <Page
      title={run ? describeJob(run.job) : 'Run'}
      parent={parent}
      aside={run && <RunBadge status={run.status} />}
      actions={
        run &&
        (isLive(run) ? (
          <Button kind="danger" icon={Square} busy={cancel.isPending} onClick={() => cancel.mutate(run.id)}>
            Cancel run
          </Button>
        ) : (
          <Button
            icon={RotateCcw}
            busy={start.isPending}
            onClick={() => start.mutate(run.job, { onSuccess: (started) => openScreen('runs', started.runId) })}
          >
            Run again
          </Button>
        ))
      }
    >
      <div className="detail">
        {run?.error && (
          <ErrorNotice
            title={run.status === 'failed' ? 'The run failed' : runWords[run.status]}
            error={run.error}
            tone={run.status === 'failed' ? 'error' : 'warning'}
          />
        )}
        <RunFigures run={run} />
        <Panel title="Steps" flush>
          {data ? <Timeline run={data.run} steps={data.steps} /> : <SkeletonRows rows={4} />}
        </Panel>
        <Panel title="Log" aside={run && <code className="faint">{run.id}</code>} flush>
          {data ? <LogView logs={data.logs} live={isLive(data.run)} /> : <SkeletonRows rows={5} />}
        </Panel>
      </div>
    </Page>
  )
}

function RunFigures({ run }: { run: Run | undefined }) {
  const now = useNow()
  const counts = worthShowing(run?.counts ?? {}).slice(0, 4)
  return (
    <div className="key-figures" role="group" aria-label="Key figures">
      <KeyFigure
        name={run && isLive(run) ? 'Running for' : 'Took'}
        value={run && formatDuration(Math.max(0, (run.endedAt ?? now) - run.startedAt))}
        note={run && runWords[run.status].toLowerCase()}
      />
      <KeyFigure
        name="Started"
        value={run && formatClock(run.startedAt)}
        note={run && `${formatDay(run.startedAt)}, by ${triggerWords[run.trigger]}`}
      />
      {counts.map(([name, count]) => (
        <KeyFigure
          key={name}
          name={humanize(name).replace(/^./, (letter) => letter.toUpperCase())}
          value={formatExact(count)}
          tone={isTrouble(name, count) ? 'error' : undefined}
        />
      ))}
    </div>
  )
}
