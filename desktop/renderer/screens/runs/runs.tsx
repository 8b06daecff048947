import { ListChecks, Play } from 'lucide-react'
import { useState } from 'react'
import type { Run, RunStatus } from '#core/host/contract.ts'
import { RunBadge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { type Column, Table } from '../../components/table.tsx'
import { Segments } from '../../components/tabs.tsx'
import { formatAgo, formatDuration, formatMoment } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { useNow } from '../../data/now.ts'
import { describeJob, isLive, useStartRun } from '../../data/run-job.ts'
import { contains } from '../../shell/match.ts'
import { openScreen } from '../../shell/route.ts'
import { Counts } from './counts.tsx'
import { RunDetail } from './run-detail.tsx'
import './runs.css'

const columns: Column<Run>[] = [
  { id: 'status', header: 'Status', width: '104px', cell: (run) => <RunBadge status={run.status} /> },
  { id: 'job', header: 'Run', width: 'minmax(170px, 1.3fr)', cell: (run) => <strong>{describeJob(run.job)}</strong> },
  { id: 'counts', header: 'Counted', width: 'minmax(180px, 2fr)', cell: (run) => <Outcome run={run} /> },
  { id: 'trigger', header: 'Started by', width: '84px', cell: (run) => <span className="quiet">{run.trigger}</span> },
  { id: 'took', header: 'Took', width: '84px', align: 'end', cell: (run) => <Took run={run} /> },
  { id: 'when', header: 'When', width: '104px', align: 'end', cell: (run) => <When at={run.startedAt} /> },
]

const filters = {
  all: () => true,
  live: (status: RunStatus) => status === 'queued' || status === 'running',
  trouble: (status: RunStatus) => status === 'failed' || status === 'partial',
} as const

/** All runs, or one of them. */
export function Runs({ runId }: { runId: string | undefined }) {
  return runId === undefined ? <RunList /> : <RunDetail key={runId} runId={runId} />
}

function RunList() {
  const { data, error, refetch } = useCall('run.list', { limit: 500 }, { refetchInterval: 5000 })
  const [filter, setFilter] = useState<keyof typeof filters>('all')
  const [search, setSearch] = useState('')
  const start = useStartRun()
  const runs = data?.runs.filter(
    (run) => filters[filter](run.status) && contains(`${describeJob(run.job)} ${run.trigger} ${run.id}`, search),
  )
  return (
    <Page
      title="Runs"
      fill
      actions={
        <Button kind="primary" icon={Play} busy={start.isPending} onClick={() => start.mutate({ kind: 'all' })}>
          Run all that is due
        </Button>
      }
    >
      <div className="toolbar">
        <SearchField label="Find a run" value={search} onChange={setSearch} />
        <Segments
          label="Status"
          current={filter}
          onChange={setFilter}
          options={[
            { id: 'all', title: 'All' },
            { id: 'live', title: 'Running' },
            { id: 'trouble', title: 'Failed or partly done' },
          ]}
        />
      </div>
      {error && !data ? (
        <div className="toolbar-notice">
          <ErrorNotice title="Runs cannot be listed" error={error} onRetry={() => void refetch()} />
        </div>
      ) : runs === undefined ? (
        <SkeletonRows label="Loading runs" />
      ) : (
        <Table
          label="Runs, newest first"
          columns={columns}
          rows={runs}
          rowKey={(run) => run.id}
          rowHeight={38}
          onOpen={(run) => openScreen('runs', run.id)}
          empty={data?.runs.length ? <EmptyState icon={ListChecks} title="No run matches" /> : <NoRuns />}
        />
      )}
    </Page>
  )
}

function NoRuns() {
  return (
    <EmptyState icon={ListChecks} title="Nothing has run yet">
      <p>
        A run reads a source, builds models or traits, or sends a sync. Start one with the button above, with <code>millrace run</code>, or
        give a file a <code>schedule:</code>.
      </p>
    </EmptyState>
  )
}

function Outcome({ run }: { run: Run }) {
  if (run.status === 'failed' && run.error) {
    return (
      <span className="run-failure" title={run.error.message}>
        {run.error.message}
      </span>
    )
  }
  return <Counts counts={run.counts} />
}

function Took({ run }: { run: Run }) {
  const now = useNow()
  return <span className={isLive(run) ? 'run-live' : 'quiet'}>{formatDuration(Math.max(0, (run.endedAt ?? now) - run.startedAt))}</span>
}

function When({ at }: { at: number }) {
  const now = useNow()
  return <span title={formatMoment(at)}>{formatAgo(at, now)}</span>
}
