import { CircleCheck, RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { JsonTree } from '../../components/json-tree.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { formatAgo, formatMoment, plural } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { useNow } from '../../data/now.ts'
import type { DeadLetter, Delivery } from './destination.ts'
import { DropDialog } from './drop-dialog.tsx'
import { useSettle } from './use-settle.ts'

/** What the collector lists at most. */
const most = 500

/** Events that were given up: looked into, delivered again, or forgotten. */
export function DeadLetters({ name, delivery }: { name: string; delivery: Delivery }) {
  const { data, error, refetch } = useCall('destination.dead', { name, limit: most }, { enabled: delivery.dead > 0, refetchInterval: 5000 })
  const settle = useSettle(name)
  const [dropping, setDropping] = useState<DeadLetter[] | 'all' | undefined>()
  if (delivery.dead === 0) {
    return (
      <EmptyState icon={CircleCheck} title="No dead letters">
        <p>
          An event that the tool refuses, or that could not be delivered for a week, is kept here with its error, until it is replayed or
          dropped.
        </p>
      </EmptyState>
    )
  }
  if (error && !data) {
    return (
      <div className="panel-body">
        <ErrorNotice title="Dead letters cannot be read" error={error} onRetry={() => void refetch()} />
      </div>
    )
  }
  if (data === undefined) return <SkeletonRows rows={5} label="Loading dead letters" />
  const replayable = delivery.state !== 'removed' && delivery.state !== 'disabled'
  return (
    <>
      <div className="dead-bar">
        <span className="quiet">
          {plural(delivery.dead, 'event')} given up{data.letters.length === most && `; the newest ${most} letters are shown`}.
          {!replayable && ' They can be replayed once it is published and enabled.'}
        </span>
        <Button
          small
          icon={RotateCcw}
          busy={settle.isPending}
          disabled={!replayable}
          onClick={() => settle.mutate({ action: 'replay', which: 'all' })}
        >
          Replay all
        </Button>
        <Button small kind="danger" icon={Trash2} disabled={settle.isPending} onClick={() => setDropping('all')}>
          Drop all…
        </Button>
      </div>
      <ul className="dead-letters">
        {data.letters.map((letter) => (
          <Letter
            key={letter.id}
            letter={letter}
            busy={settle.isPending}
            onReplay={replayable ? () => settle.mutate({ action: 'replay', which: [letter.id] }) : undefined}
            onDrop={() => setDropping([letter])}
          />
        ))}
      </ul>
      {dropping !== undefined && (
        <DropDialog
          name={name}
          events={dropping === 'all' ? delivery.dead : dropping.reduce((sum, { events }) => sum + events, 0)}
          onClose={() => setDropping(undefined)}
          onDrop={() => {
            settle.mutate({ action: 'drop', which: dropping === 'all' ? 'all' : dropping.map(({ id }) => id) })
            setDropping(undefined)
          }}
        />
      )}
    </>
  )
}

interface LetterProps {
  letter: DeadLetter
  busy: boolean
  /** Absent where nothing can be delivered. */
  onReplay: (() => void) | undefined
  onDrop: () => void
}

function Letter({ letter, busy, onReplay, onDrop }: LetterProps) {
  const now = useNow()
  const [open, setOpen] = useState(false)
  return (
    <li>
      <button type="button" className="dead-letter" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="clip dead-title">{titleOf(letter)}</span>
        <code className="clip dead-code">{letter.code}</code>
        <span className="clip quiet" title={letter.message}>
          {letter.message}
        </span>
        <span className="faint">{formatAgo(letter.at, now)}</span>
      </button>
      {open && (
        <div className="dead-detail">
          <div className="dead-actions">
            <Button small icon={RotateCcw} busy={busy} disabled={onReplay === undefined} onClick={onReplay}>
              Replay
            </Button>
            <Button small kind="danger" icon={Trash2} disabled={busy} onClick={onDrop}>
              Drop…
            </Button>
          </div>
          <p className="dead-message">{letter.message}</p>
          <p className="quiet">
            Received {formatMoment(letter.from)}
            {letter.to !== letter.from && ` to ${formatMoment(letter.to)}`}; given up {formatMoment(letter.at)}.
          </p>
          {letter.event ? (
            <JsonTree value={letter.event} openTo={2} />
          ) : (
            <p className="quiet">
              Of these events only their time is kept here: they are in <code>events.all</code>, and a replay reads them there.
            </p>
          )}
        </div>
      )}
    </li>
  )
}

function titleOf({ event, events }: DeadLetter): string {
  return event === undefined ? plural(events, 'event') : String(event['event'] ?? event['name'] ?? event['type'])
}
