import { Activity, House, ListChecks, type LucideIcon, RefreshCw, Send, Shuffle, SquareTerminal, Tags } from 'lucide-react'
import type { ScreenName } from './route.ts'

export interface ScreenEntry {
  name: ScreenName
  title: string
  icon: LucideIcon
  /** Opens it after `g`. */
  letter: string
}

/** In the order of the sidebar; the digit shortcuts follow it. */
export const screenEntries: readonly ScreenEntry[] = [
  { name: 'home', title: 'Home', icon: House, letter: 'h' },
  { name: 'events', title: 'Live events', icon: Activity, letter: 'e' },
  { name: 'transforms', title: 'Transforms', icon: Shuffle, letter: 'x' },
  { name: 'sql', title: 'SQL', icon: SquareTerminal, letter: 'q' },
  { name: 'traits', title: 'Traits', icon: Tags, letter: 't' },
  { name: 'syncs', title: 'Syncs', icon: RefreshCw, letter: 's' },
  { name: 'destinations', title: 'Destinations', icon: Send, letter: 'd' },
  { name: 'runs', title: 'Runs', icon: ListChecks, letter: 'r' },
]
