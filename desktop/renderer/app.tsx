import { Component, lazy, type ReactNode, Suspense, useMemo, useState } from 'react'
import { toMillraceError } from '#core/lib/error.ts'
import { ErrorNotice } from './components/notice.tsx'
import { SkeletonRows } from './components/skeleton.tsx'
import { useLiveUpdates } from './data/live.ts'
import { Home } from './screens/home/home.tsx'
import { Help } from './shell/help.tsx'
import { HostStatus } from './shell/host-status.tsx'
import { useShortcuts } from './shell/keys.ts'
import { Palette } from './shell/palette.tsx'
import { type ScreenName, useRoute } from './shell/route.ts'
import { Sidebar } from './shell/sidebar.tsx'
import './app.css'

const Events = lazy(() => import('./screens/events/events.tsx').then((module) => ({ default: module.Events })))
const Transforms = lazy(() => import('./screens/transforms/transforms.tsx').then((module) => ({ default: module.Transforms })))
const Sql = lazy(() => import('./screens/sql/sql.tsx').then((module) => ({ default: module.Sql })))
const Traits = lazy(() => import('./screens/traits/traits.tsx').then((module) => ({ default: module.Traits })))
const Syncs = lazy(() => import('./screens/syncs/syncs.tsx').then((module) => ({ default: module.Syncs })))
const Destinations = lazy(() => import('./screens/destinations/destinations.tsx').then((module) => ({ default: module.Destinations })))
const Runs = lazy(() => import('./screens/runs/runs.tsx').then((module) => ({ default: module.Runs })))

const screens: Record<ScreenName, (props: { item: string | undefined }) => ReactNode> = {
  home: () => <Home />,
  events: () => <Events />,
  transforms: ({ item }) => <Transforms name={item} />,
  sql: () => <Sql />,
  traits: ({ item }) => <Traits name={item} />,
  syncs: ({ item }) => <Syncs name={item} />,
  destinations: ({ item }) => <Destinations name={item} />,
  runs: ({ item }) => <Runs runId={item} />,
}

/** The studio: the frame that stays, and the screen the address names. */
export function App() {
  const { screen, item } = useRoute()
  const [open, setOpen] = useState<'palette' | 'help' | undefined>()
  const openers = useMemo(() => ({ palette: () => setOpen('palette'), help: () => setOpen('help') }), [])
  useShortcuts(openers)
  useLiveUpdates()
  const close = () => setOpen(undefined)
  return (
    <div className="app">
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          document.querySelector<HTMLElement>('main')?.focus()
        }}
      >
        Skip to the screen
      </a>
      <Sidebar current={screen} onPalette={openers.palette} onHelp={openers.help} />
      <main className="app-main" tabIndex={-1}>
        <HostStatus />
        <ScreenBoundary key={screen}>
          <Suspense fallback={<SkeletonRows rows={10} />}>{screens[screen]({ item })}</Suspense>
        </ScreenBoundary>
      </main>
      {open === 'palette' && <Palette onClose={close} />}
      {open === 'help' && <Help onClose={close} />}
    </div>
  )
}

/** A defect of one screen leaves the others usable. */
class ScreenBoundary extends Component<{ children: ReactNode }, { thrown?: unknown }> {
  override state: { thrown?: unknown } = {}

  static getDerivedStateFromError(thrown: unknown) {
    return { thrown }
  }

  override render() {
    if (this.state.thrown === undefined) return this.props.children
    return (
      <div className="app-defect">
        <ErrorNotice
          title="This screen failed"
          error={toMillraceError(this.state.thrown)}
          onRetry={() => this.setState({ thrown: undefined })}
        />
      </div>
    )
  }
}
