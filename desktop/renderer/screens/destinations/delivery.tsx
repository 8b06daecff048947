import { KeyFigure } from '../../components/key-figure.tsx'
import { ErrorNotice } from '../../components/notice.tsx'
import { formatAgo, formatBytes, formatDuration, formatExact, plural } from '../../data/format.ts'
import { useNow } from '../../data/now.ts'
import type { Delivery } from './destination.ts'

/** What has reached the tool, what waits, and what did not. */
export function DeliveryFigures({ delivery }: { delivery: Delivery }) {
  const now = useNow()
  const { backlog } = delivery
  const passed = delivery.filtered + delivery.skipped
  return (
    <div className="key-figures" role="group" aria-label="Key figures">
      <KeyFigure
        name="Delivered"
        value={formatExact(delivery.delivered)}
        note={delivery.lastAt === undefined ? 'nothing yet' : `last ${formatAgo(delivery.lastAt, now)}`}
      />
      <KeyFigure
        name="Backlog"
        value={formatExact(backlog.events)}
        note={
          backlog.oldestAt === undefined
            ? 'nothing waits'
            : `${formatDuration(Math.max(0, now - backlog.oldestAt))} behind, ${formatBytes(backlog.bytes)}`
        }
        tone={backlog.bytes > backlog.maxBytes * 0.8 ? 'warning' : undefined}
      />
      <KeyFigure name="Not for it" value={formatExact(passed)} note="filtered, or no place for them" />
      <KeyFigure
        name="Refused"
        value={formatExact(delivery.rejected)}
        note={`by the tool; ${plural(delivery.retried, 'retry', 'retries')}`}
      />
      <KeyFigure
        name="Dead letters"
        value={formatExact(delivery.dead)}
        note={delivery.replays > 0 ? `${plural(delivery.replays, 'replay')} under way` : 'given up, and kept'}
        tone={delivery.dead > 0 ? 'error' : undefined}
      />
    </div>
  )
}

/** Why nothing reaches the tool, and when it is tried again. */
export function DeliveryTrouble({ delivery: { state, lastError, nextAt } }: { delivery: Delivery }) {
  const now = useNow()
  if (lastError === undefined) return null
  const paused = state === 'paused'
  const next = nextAt === undefined ? '' : nextAt <= now ? 'Trying again now.' : `Trying again in ${formatDuration(nextAt - now)}.`
  return (
    <ErrorNotice
      tone={paused ? 'error' : 'warning'}
      title={paused ? 'Paused: its settings are at fault' : `The last delivery failed, ${formatAgo(lastError.at, now)}`}
      error={{
        code: lastError.code,
        message: lastError.message,
        fault: paused ? 'config' : 'transient',
        retryable: !paused,
        mend: paused ? 'Mend the settings and publish: the collector then tries at once. Events wait meanwhile.' : next || undefined,
      }}
    />
  )
}
