import type { Loop, LoopNode } from '#core/host/contract.ts'
import { KeyFigure } from '../../components/key-figure.tsx'
import { formatDuration, formatExact, formatNumber, plural } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'

/** The line of figures over the loop: what comes in, how fresh it is, what went out, what is stuck. */
export function Figures({ loop, failed }: { loop: Loop | undefined; failed: boolean }) {
  const syncs = useCall('sync.list', {})
  const { data: rejectedEvents } = useCall('event.rejected', { limit: 1 }, { refetchInterval: 10_000 })
  const of = (...kinds: LoopNode['kind'][]) => loop?.nodes.filter((node) => kinds.includes(node.kind)) ?? []
  const collector = of('collector')[0]
  const warehouse = of('warehouse')[0]
  const traits = of('trait')
  const profiles = Math.max(0, ...traits.map((node) => node.total ?? 0))
  const failing = loop?.nodes.filter((node) => node.health === 'error')
  const rejectedRows = syncs.data?.syncs.reduce((sum, sync) => sum + sync.rejected, 0)
  const synced = syncs.data?.syncs.reduce((sum, sync) => sum + sync.synced, 0)
  return (
    <div className="key-figures" role="group" aria-label="Key figures">
      <KeyFigure
        name="Events collected"
        value={loop && formatNumber(Math.round(collector?.rate ?? 0))}
        unit="per min"
        note={collector?.total !== undefined && `${formatExact(collector.total)} in all`}
        failed={failed}
      />
      <KeyFigure
        name="Warehouse"
        value={loop && formatNumber(warehouse?.total ?? 0)}
        unit="rows"
        note={warehouse?.lag !== undefined && `${formatDuration(warehouse.lag)} behind`}
        failed={failed}
      />
      <KeyFigure
        name="Traits"
        value={loop && traits.length}
        unit="in the stack"
        note={traits.length > 0 && (profiles > 0 ? `for ${plural(profiles, 'profile')}` : 'not computed yet')}
        failed={failed}
      />
      <KeyFigure
        name="Synced to tools"
        value={synced !== undefined ? formatNumber(synced) : undefined}
        unit="rows"
        note={syncs.data && `by ${plural(syncs.data.syncs.length, 'sync')}`}
        failed={syncs.error !== null}
      />
      <KeyFigure
        name="Rejected"
        value={rejectedRows !== undefined ? formatNumber(rejectedRows) : undefined}
        unit="rows waiting"
        note={rejectedEvents && `${plural(rejectedEvents.total, 'event')} refused`}
        tone={rejectedRows ? 'warning' : undefined}
        failed={syncs.error !== null}
      />
      <KeyFigure
        name="Failing"
        value={failing?.length}
        unit={loop && `of ${loop.nodes.length} parts`}
        note={failing && (failing.length === 0 ? 'everything runs' : failing.map((node) => node.title).join(', '))}
        tone={failing?.length ? 'error' : undefined}
        failed={failed}
      />
    </div>
  )
}
