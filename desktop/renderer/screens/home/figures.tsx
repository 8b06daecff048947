import type { Loop, LoopNode } from '#core/host/contract.ts'
import { KeyFigure } from '../../components/key-figure.tsx'
import { formatDuration, formatExact, formatNumber, plural } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'

/** The line of figures over the loop: what comes in, how fresh it is, what went out, what is stuck. */
export function Figures({ loop }: { loop: Loop | undefined }) {
  const { data: syncs } = useCall('sync.list', {})
  const { data: rejectedEvents } = useCall('event.rejected', { limit: 1 }, { refetchInterval: 10_000 })
  const of = (...kinds: LoopNode['kind'][]) => loop?.nodes.filter((node) => kinds.includes(node.kind)) ?? []
  const collector = of('collector')[0]
  const warehouse = of('warehouse')[0]
  const traits = of('trait')
  const profiles = Math.max(0, ...traits.map((node) => node.total ?? 0))
  const failing = loop?.nodes.filter((node) => node.health === 'error') ?? []
  const rejectedRows = syncs?.syncs.reduce((sum, sync) => sum + sync.rejected, 0)
  const synced = syncs?.syncs.reduce((sum, sync) => sum + sync.synced, 0)
  return (
    <div className="key-figures" role="group" aria-label="Key figures">
      <KeyFigure
        name="Events collected"
        value={
          loop && (
            <>
              {formatNumber(Math.round(collector?.rate ?? 0))}
              <small>per min</small>
            </>
          )
        }
        note={collector?.total === undefined ? '' : `${formatExact(collector.total)} in all`}
      />
      <KeyFigure
        name="Warehouse"
        value={
          loop && (
            <>
              {formatNumber(warehouse?.total ?? 0)}
              <small>rows</small>
            </>
          )
        }
        note={warehouse?.lag === undefined ? '' : `${formatDuration(warehouse.lag)} behind`}
      />
      <KeyFigure
        name="Traits"
        value={
          loop && (
            <>
              {traits.length}
              <small>in the stack</small>
            </>
          )
        }
        note={loop && traits.length > 0 ? (profiles > 0 ? `for ${plural(profiles, 'profile')}` : 'not computed yet') : ''}
      />
      <KeyFigure
        name="Synced to tools"
        value={
          synced === undefined ? undefined : (
            <>
              {formatNumber(synced)}
              <small>rows</small>
            </>
          )
        }
        note={syncs && `by ${plural(syncs.syncs.length, 'sync')}`}
      />
      <KeyFigure
        name="Rejected"
        value={
          rejectedRows === undefined ? undefined : (
            <>
              {formatNumber(rejectedRows)}
              <small>rows waiting</small>
            </>
          )
        }
        note={rejectedEvents && `${plural(rejectedEvents.total, 'event')} refused`}
        tone={rejectedRows ? 'warning' : undefined}
      />
      <KeyFigure
        name="Failing"
        value={
          loop && (
            <>
              {failing.length}
              <small>of {loop.nodes.length} parts</small>
            </>
          )
        }
        note={failing.length === 0 ? 'everything runs' : failing.map((node) => node.title).join(', ')}
        tone={failing.length > 0 ? 'error' : undefined}
      />
    </div>
  )
}
