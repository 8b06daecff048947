import { CloudUpload, Cpu, Hammer, type LucideIcon, Play, RefreshCw, Send, Shuffle, Table2 } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { useCall } from '../data/host.tsx'
import { usePublish } from '../data/publish.ts'
import { useStartRun } from '../data/run-job.ts'
import { openTable } from '../screens/sql/open-table.ts'
import { Dialog } from './dialog.tsx'
import { matchScore } from './match.ts'
import { openScreen } from './route.ts'
import { screenEntries } from './screens.ts'
import './palette.css'

interface Command {
  id: string
  group: 'Go to' | 'Run' | 'Transforms' | 'Traits' | 'Syncs' | 'Destinations' | 'Tables'
  title: string
  note?: string
  icon: LucideIcon
  run: () => void
}

/** Everything by its name: screens, transforms, traits, syncs, tables, and the jobs that can be started. */
export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const commands = useCommands()
  const found = useMemo(() => find(commands, text), [commands, text])

  const move = (to: number) => {
    setActive(to)
    list.current?.querySelectorAll('[role=option]')[to]?.scrollIntoView({ block: 'nearest' })
  }

  const choose = (command: Command | undefined) => {
    if (command === undefined) return
    onClose()
    command.run()
  }

  return (
    <Dialog label="Search or run a command" onClose={onClose}>
      <input
        className="palette-input"
        type="text"
        role="combobox"
        aria-label="Search or run a command"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={found[active] && `command-${found[active].id}`}
        placeholder="Jump to a screen, a trait, a sync, a table; or run a job"
        value={text}
        autoFocus
        spellCheck={false}
        onChange={(event) => {
          setText(event.target.value)
          setActive(0)
        }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
          if (step !== undefined) move((active + step + found.length) % Math.max(1, found.length))
          else if (event.key === 'Enter') choose(found[active])
          else return
          event.preventDefault()
        }}
      />
      <ul id="palette-list" className="palette-list" role="listbox" aria-label="Commands" ref={list}>
        {found.map((command, index) => (
          <li key={command.id} role="presentation">
            {command.group !== found[index - 1]?.group && <div className="palette-group">{command.group}</div>}
            <div
              id={`command-${command.id}`}
              role="option"
              aria-selected={index === active}
              className="palette-command"
              onClick={() => choose(command)}
              onMouseMove={() => setActive(index)}
            >
              <command.icon size={15} aria-hidden />
              <span className="clip">{command.title}</span>
              {command.note && <span className="faint clip">{command.note}</span>}
            </div>
          </li>
        ))}
        {found.length === 0 && <li className="palette-nothing">Nothing is called “{text}”.</li>}
      </ul>
    </Dialog>
  )
}

const groups: Command['group'][] = ['Go to', 'Run', 'Transforms', 'Traits', 'Syncs', 'Destinations', 'Tables']

/** The commands found, group by group; with a search, the group with the best find comes first. */
function find(commands: Command[], text: string): Command[] {
  const found = commands
    .map((command) => ({ command, score: matchScore(`${command.title} ${command.group}`, text) }))
    .filter(({ score }, _, all) => score > (all.some((each) => each.score > 2) ? 2 : 0))
  const best = new Map<string, number>()
  for (const { command, score } of found) best.set(command.group, Math.max(score, best.get(command.group) ?? 0))
  return found
    .toSorted(
      (a, b) =>
        best.get(b.command.group)! - best.get(a.command.group)! ||
        groups.indexOf(a.command.group) - groups.indexOf(b.command.group) ||
        b.score - a.score,
    )
    .map(({ command }) => command)
    .slice(0, 60)
}

function useCommands(): Command[] {
  const { data: stack } = useCall('stack.get', {})
  const { data: transforms } = useCall('transform.list', {})
  const { data: traits } = useCall('trait.list', {})
  const { data: syncs } = useCall('sync.list', {})
  const { data: schema } = useCall('sql.schema', {})
  const { mutate: start } = useStartRun()
  const publish = usePublish()
  return useMemo(
    () => [
      ...screenEntries.map((entry): Command => ({
        id: entry.name,
        group: 'Go to',
        title: entry.title,
        note: `g ${entry.letter}`,
        icon: entry.icon,
        run: () => openScreen(entry.name),
      })),
      { id: 'run-all', group: 'Run', title: 'Run everything that is due', icon: Play, run: () => start({ kind: 'all' }) },
      { id: 'run-models', group: 'Run', title: 'Build all models', icon: Hammer, run: () => start({ kind: 'models' }) },
      { id: 'run-traits', group: 'Run', title: 'Build all traits', icon: Hammer, run: () => start({ kind: 'traits' }) },
      { id: 'publish', group: 'Run', title: 'Publish the sources to the collector', icon: CloudUpload, run: publish },
      ...(stack?.sources ?? [])
        .filter((source) => source.kind === 'etl')
        .map(({ name }): Command => ({
          id: `run-source-${name}`,
          group: 'Run',
          title: `Run source ${name}`,
          icon: Play,
          run: () => start({ kind: 'source', name }),
        })),
      ...(syncs?.syncs ?? []).map(({ name }): Command => ({
        id: `run-sync-${name}`,
        group: 'Run',
        title: `Run sync ${name}`,
        icon: Play,
        run: () => start({ kind: 'sync', name }),
      })),
      ...(transforms?.transforms ?? []).map(({ name, sources }): Command => ({
        id: `transform-${name}`,
        group: 'Transforms',
        title: name,
        note: sources.join(', '),
        icon: Shuffle,
        run: () => openScreen('transforms', name),
      })),
      ...(traits?.traits ?? []).map(({ name, type }): Command => ({
        id: `trait-${name}`,
        group: 'Traits',
        title: name,
        note: type,
        icon: Cpu,
        run: () => openScreen('traits', name),
      })),
      ...(syncs?.syncs ?? []).map(({ name, destination }): Command => ({
        id: `sync-${name}`,
        group: 'Syncs',
        title: name,
        note: `to ${destination}`,
        icon: RefreshCw,
        run: () => openScreen('syncs', name),
      })),
      ...(stack?.destinations ?? []).map(({ name, connector }): Command => ({
        id: `destination-${name}`,
        group: 'Destinations',
        title: name,
        note: connector,
        icon: Send,
        run: () => openScreen('destinations', name),
      })),
      ...(schema?.tables ?? []).map(({ database, table, kind }): Command => ({
        id: `table-${database}-${table}`,
        group: 'Tables',
        title: `${database}.${table}`,
        note: kind,
        icon: Table2,
        run: () => openTable(database, table),
      })),
    ],
    [stack, transforms, traits, syncs, schema, start, publish],
  )
}
