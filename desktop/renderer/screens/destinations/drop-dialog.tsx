import { Button } from '../../components/button.tsx'
import { plural } from '../../data/format.ts'
import { Dialog } from '../../shell/dialog.tsx'

/** Asks before events are forgotten. */
export function DropDialog({ name, events, onClose, onDrop }: { name: string; events: number; onClose: () => void; onDrop: () => void }) {
  const many = plural(events, 'event')
  const one = events === 1
  return (
    <Dialog label={`Drop ${many}`} onClose={onClose}>
      <div className="drop-dialog">
        <h2>Drop {many}?</h2>
        <p>
          {one ? 'It' : 'They'} will not be delivered to <strong>{name}</strong>; this cannot be taken back. The warehouse keeps{' '}
          {one ? 'it' : 'them'} in <code>events.all</code>, and what stood in the way in <code>events.undelivered</code>.
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
