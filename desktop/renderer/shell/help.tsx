import { Dialog } from './dialog.tsx'
import { modifierKey } from './keys.ts'
import { screenEntries } from './screens.ts'

/** All shortcuts on one page. */
export function Help({ onClose }: { onClose: () => void }) {
  const shortcuts: [string, string[]][] = [
    ['Search or run a command', [`${modifierKey}K`]],
    ...screenEntries.map((entry, index): [string, string[]] => [entry.title, [`g ${entry.letter}`, `${modifierKey}${index + 1}`]]),
    ['Search in the list', ['/']],
    ['Run the SQL, or what is selected of it', [`${modifierKey}Enter`]],
    ['Test the transform on past events', [`${modifierKey}Enter`]],
    ['Close what is open', ['Esc']],
    ['These shortcuts', ['?']],
  ]
  return (
    <Dialog label="Keyboard shortcuts" onClose={onClose}>
      <div className="shortcuts">
        <h2>Keyboard shortcuts</h2>
        <dl>
          {shortcuts.map(([name, keys]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                {keys.map((key, index) => (
                  <span key={key}>
                    {index > 0 && ' or '}
                    <kbd>{key}</kbd>
                  </span>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  )
}
