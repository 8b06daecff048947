import { Button } from '../../components/button.tsx'
import { formatExact, plural } from '../../data/format.ts'
import { Dialog } from '../../shell/dialog.tsx'

/** Asks before events are forgotten. */
export function DropDialog({ name, events, onClose, onDrop }: { name: string; events: number; onClose: () => void; onDrop: () => void }) {
  const many = plural(events, 'event')
  return (
    <Dialog label={`Drop ${many}`} onClose={onClose}>
      <div className="drop-dialog">
        <h2>Drop {many}?</h2>
        <p>
          {events === 1 ? 'It' : `All ${formatExact(events)}`} will not be delivered to <strong>{name}</strong>, and this cannot be taken
          back. The warehouse keeps {events === 1 ? 'it' : 'them'} in <code>events.all</code>, and that{' '}
          {events === 1 ? 'it was' : 'they were'} given up in <code>events.undelivered</code>.
        </p>
        <div className="drop-actions">
          <Button autoFocus onClick={onClose}>
            Keep
          </Button>
          <Button kind="danger" onClick={onDrop}>
            Drop {many}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
