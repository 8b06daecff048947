import { Activity, ArrowRight, Play } from 'lucide-react'
import { useState } from 'react'
import type { Loop } from '#core/host/contract.ts'
import { Button } from '../../components/button.tsx'
import { Drawer } from '../../components/drawer.tsx'
import { ErrorNotice } from '../../components/notice.tsx'
import { Page, Panel } from '../../components/page.tsx'
import { Skeleton } from '../../components/skeleton.tsx'
import { useCall } from '../../data/host.tsx'
import { useStartRun } from '../../data/run-job.ts'
import { href } from '../../shell/route.ts'
import { Figures } from './figures.tsx'
import { LoopPicture } from './loop-picture.tsx'
import { NodeDetail } from './node-detail.tsx'
import { Problems } from './problems.tsx'
import { RecentRuns } from './recent-runs.tsx'
import './home.css'

/** The loop as a live picture, and what needs a look. */
export function Home() {
  const loop = useCall('loop.get', {}, { refetchInterval: 2000 })
  const { data: info } = useCall('app.info', {})
  const start = useStartRun()
  const [selected, setSelected] = useState<string | undefined>()
  const node = loop.data?.nodes.find((each) => each.id === selected)
  return (
    <Page
      title="Home"
      fill
      aside={info?.stack.description && <span className="quiet clip home-description">{info.stack.description}</span>}
      actions={
        <Button kind="primary" icon={Play} busy={start.isPending} onClick={() => start.mutate({ kind: 'all' })}>
          Run all that is due
        </Button>
      }
    >
      <div className="with-drawer">
        <div className="home">
          {loop.error && <ErrorNotice title="The loop cannot be shown" error={loop.error} onRetry={() => void loop.refetch()} />}
          <Problems />
          <Figures loop={loop.data} failed={loop.error !== null} />
          {(loop.data || !loop.error) && (
            <Panel title="The loop" aside={<Legend loop={loop.data} />} flush>
              {loop.data ? <LoopPicture loop={loop.data} selected={selected} onSelect={setSelected} /> : <LoopSkeleton />}
              {loop.data && loop.data.nodes.length <= 2 && <FirstSteps edgeUrl={info?.edgeUrl} />}
            </Panel>
          )}
          <RecentRuns />
        </div>
        {node && loop.data && (
          <Drawer key={node.id} title={node.title} onClose={() => setSelected(undefined)}>
            <NodeDetail node={node} loop={loop.data} onSelect={setSelected} />
          </Drawer>
        )}
      </div>
    </Page>
  )
}

function Legend({ loop }: { loop: Loop | undefined }) {
  const simulated = loop?.nodes.some((node) => node.simulated)
  return (
    <span className="home-legend faint">
      {simulated && 'Tools marked simulated are played by the demo.'}
      <a href={href('events')}>
        <Activity size={13} aria-hidden /> Live events
      </a>
    </span>
  )
}

function FirstSteps({ edgeUrl }: { edgeUrl: string | undefined }) {
  const steps = [
    [
      'Send the first event',
      <>
        Point an analytics SDK at <code>{edgeUrl ?? 'the collector'}</code> with the write key of a file in <code>sources/</code>.
      </>,
    ],
    [
      'Connect a tool',
      <>
        Add <code>sources/NAME.yaml</code> with <code>kind: etl</code>, then <code>millrace source sync NAME</code>.
      </>,
    ],
    [
      'Compute a trait, send it on',
      <>
        Add <code>traits/NAME.yaml</code> and <code>syncs/NAME.yaml</code>, then <code>millrace run</code>.
      </>,
    ],
  ] as const
  return (
    <ol className="first-steps" aria-label="First steps">
      {steps.map(([title, text], index) => (
        <li key={title}>
          <span className="first-step-number" aria-hidden>
            {index + 1}
          </span>
          <div>
            <strong>{title}</strong>
            <p className="quiet">{text}</p>
          </div>
          {index < steps.length - 1 && <ArrowRight size={15} className="faint" aria-hidden />}
        </li>
      ))}
    </ol>
  )
}

function LoopSkeleton() {
  return (
    <div className="loop-skeleton" role="status" aria-label="Loading the loop">
      {[3, 2, 4, 2, 2].map((count, column) => (
        <div key={column}>
          {Array.from({ length: count }, (_, index) => (
            <Skeleton key={index} height={58} />
          ))}
        </div>
      ))}
    </div>
  )
}
