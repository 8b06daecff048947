import { Play, RefreshCw } from 'lucide-react'
import { useState } from 'react'
import { Badge, runWords } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { KeyFigure } from '../../components/key-figure.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { StackFile } from '../../components/stack-file.tsx'
import { Tabs } from '../../components/tabs.tsx'
import { formatAgo, formatExact } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { useNow } from '../../data/now.ts'
import { isLive, useRunsOf, useStartRun } from '../../data/run-job.ts'
import { href, openScreen } from '../../shell/route.ts'
import { LiveRun } from './live-run.tsx'
import { PlanView } from './plan-view.tsx'
import { RejectedRows } from './rejected-rows.tsx'
import { RunsOf } from './runs-of.tsx'
import type { Sync } from './sync.ts'
import './syncs.css'

/** One sync: what a run would do now, what the tool refused, what came before. */
export function SyncDetail({ name }: { name: string }) {
  const list = useCall('sync.list', {})
  const rejected = useCall('sync.rejected', { name, limit: 1000 })
  const runs = useRunsOf((job) => job.kind === 'sync' && job.name === name)
  const start = useStartRun()
  const [tab, setTab] = useState<'plan' | 'rejected' | 'runs' | 'file'>('plan')
  const plan = useCall('sync.plan', { name })
  const sync = list.data?.syncs.find((each) => each.name === name)
  const live = runs.find(isLive)
  if (list.data && !sync) {
    return (
      <Page title={name} parent={{ title: 'Syncs', href: href('syncs') }}>
        <EmptyState icon={RefreshCw} title="There is no such sync" action={<Button onClick={() => openScreen('syncs')}>All syncs</Button>}>
          <p>
            No file <code>syncs/{name}.yaml</code> is in the stack.
          </p>
        </EmptyState>
      </Page>
    )
  }
  return (
    <Page
      title={name}
      parent={{ title: 'Syncs', href: href('syncs') }}
      aside={sync && <Badge>{sync.mode}</Badge>}
      actions={
        <>
          <Button icon={RefreshCw} busy={plan.isFetching} onClick={() => void plan.refetch()}>
            Plan again
          </Button>
          <Button
            kind="primary"
            icon={Play}
            busy={start.isPending || live !== undefined}
            title={plan.data?.blocked && 'The plan is blocked: a run would stop before it sends anything.'}
            onClick={() => start.mutate({ kind: 'sync', name })}
          >
            {live ? 'Running' : 'Run now'}
          </Button>
        </>
      }
    >
      <div className="detail">
        {list.error && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
        {sync?.description && <p className="detail-lead">{sync.description}</p>}
        <SyncFigures sync={sync} />
        {live && <LiveRun run={live} />}
        <section className="panel" aria-label="Sync">
          <header className="panel-header code-header">
            <Tabs
              label="Sync"
              current={tab}
              onChange={setTab}
              tabs={[
                { id: 'plan', title: 'Plan' },
                { id: 'rejected', title: 'Rejected rows', count: rejected.data?.rows.length ?? sync?.rejected, alarming: true },
                { id: 'runs', title: 'Runs', count: runs.length },
                { id: 'file', title: sync?.path ?? 'File' },
              ]}
            />
          </header>
          {tab === 'plan' && <PlanView query={plan} />}
          {tab === 'rejected' && (
            <RejectedRows
              query={rejected}
              onRetry={() => start.mutate({ kind: 'sync', name, retryOnly: true })}
              busy={start.isPending || live !== undefined}
            />
          )}
          {tab === 'runs' && <RunsOf runs={runs} />}
          {tab === 'file' && sync && <StackFile path={sync.path} />}
        </section>
      </div>
    </Page>
  )
}

function SyncFigures({ sync }: { sync: Sync | undefined }) {
  const now = useNow()
  return (
    <div className="key-figures" role="group" aria-label="Key figures">
      <KeyFigure name="From" value={sync && <span className="detail-path mono">{sync.from}</span>} note="in the warehouse" />
      <KeyFigure
        name="To"
        value={sync && <span className="detail-path">{sync.destination}</span>}
        note={sync && `${sync.object}, through ${sync.connector}`}
      />
      <KeyFigure name="Acknowledged" value={sync && formatExact(sync.synced)} note="rows the tool has taken" />
      <KeyFigure
        name="Rejected"
        value={sync && formatExact(sync.rejected)}
        note="rows that wait for a retry"
        tone={sync?.rejected ? 'error' : undefined}
      />
      <KeyFigure
        name="Last run"
        value={sync && (sync.lastRun ? formatAgo(sync.lastRun.startedAt, now) : 'Never')}
        note={sync?.lastRun && <a href={href('runs', sync.lastRun.id)}>{runWords[sync.lastRun.status]}</a>}
      />
    </div>
  )
}
