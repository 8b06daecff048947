import { CircleHelp, Laptop, Moon, Search, Sun } from 'lucide-react'
import { IconButton } from '../components/button.tsx'
import { Dot } from '../components/badge.tsx'
import { formatShort } from '../data/format.ts'
import { useCall } from '../data/host.tsx'
import { isLive } from '../data/run-job.ts'
import { type Theme, useTheme } from '../style/theme.ts'
import { modifierKey } from './keys.ts'
import { Mark } from './mark.tsx'
import { href, type ScreenName } from './route.ts'
import { screenEntries } from './screens.ts'
import './sidebar.css'

const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }
const themeIcons = { system: Laptop, light: Sun, dark: Moon }

/** The stack's name, the screens, and what concerns the whole studio. */
export function Sidebar({ current, onPalette, onHelp }: { current: ScreenName; onPalette: () => void; onHelp: () => void }) {
  const { data: info } = useCall('app.info', {}, { staleTime: 60_000 })
  const [theme, setTheme] = useTheme()
  return (
    <nav className="sidebar" aria-label="Screens">
      <div className="sidebar-stack" title={info?.stack.path}>
        <Mark />
        <div className="sidebar-stack-text">
          <strong className="clip">{info?.stack.name ?? 'Millrace'}</strong>
          <span className="clip faint">{info ? shortPath(info.stack.path) : ' '}</span>
        </div>
      </div>
      <button type="button" className="sidebar-search" onClick={onPalette} aria-label="Search or run a command">
        <Search size={14} aria-hidden />
        <span>Search or run</span>
        <kbd aria-hidden>{modifierKey}K</kbd>
      </button>
      <ul className="sidebar-screens">
        {screenEntries.map((entry, index) => (
          <li key={entry.name}>
            <a
              href={href(entry.name)}
              aria-current={entry.name === current ? 'page' : undefined}
              title={`${entry.title} (g ${entry.letter}, or ${modifierKey}${index + 1})`}
            >
              <entry.icon size={16} aria-hidden />
              <span>{entry.title}</span>
              {entry.name === 'runs' && <RunningCount />}
              {entry.name === 'syncs' && <RejectedCount />}
              {entry.name === 'destinations' && <DeadCount />}
            </a>
          </li>
        ))}
      </ul>
      <footer className="sidebar-footer">
        <span className="faint clip">{info ? `v${info.version}` : ''}</span>
        <IconButton icon={CircleHelp} label="Keyboard shortcuts (?)" onClick={onHelp} />
        <IconButton
          icon={themeIcons[theme]}
          label={`Theme: ${theme}. Switch to ${nextTheme[theme]}`}
          onClick={() => setTheme(nextTheme[theme])}
        />
      </footer>
    </nav>
  )
}

function RunningCount() {
  const { data } = useCall('run.list', { limit: 200 })
  const live = data?.runs.filter(isLive).length ?? 0
  if (live === 0) return null
  return (
    <span className="sidebar-count" title={`${live} running or queued`}>
      <Dot tone="info" live />
      {live}
    </span>
  )
}

function RejectedCount() {
  const { data } = useCall('sync.list', {})
  const rejected = data?.syncs.reduce((sum, sync) => sum + sync.rejected, 0) ?? 0
  if (rejected === 0) return null
  return (
    <span className="sidebar-count" title={`${rejected} rows rejected by their tools`}>
      <Dot tone="warning" />
      {rejected}
    </span>
  )
}

function DeadCount() {
  const { data } = useCall('destination.list', {}, { refetchInterval: 15_000 })
  const dead = data?.destinations.reduce((sum, { delivery }) => sum + (delivery?.dead ?? 0), 0) ?? 0
  if (dead === 0) return null
  return (
    <span className="sidebar-count" title={`${dead} events that no destination took`}>
      <Dot tone="warning" />
      {formatShort(dead)}
    </span>
  )
}

function shortPath(path: string): string {
  const parts = path.split(/[\\/]/)
  return parts.length > 3 ? `…/${parts.slice(-2).join('/')}` : path
}
