import { useSyncExternalStore } from 'react'

export interface SqlTab {
  id: string
  title: string
  text: string
  /** Run it when it first shows. Never stored. */
  runAtOnce?: boolean
}

interface Tabs {
  tabs: SqlTab[]
  current: string
}

const key = 'millrace.sql.tabs'
const listeners = new Set<() => void>()
const firstText = `SELECT event, count() AS events, uniq(user_id) AS users, max(received_at) AS last
FROM events.tracks
GROUP BY event
ORDER BY events DESC
`

let state: Tabs = read()

/** The tabs of the SQL screen, kept in this browser. */
export function useTabs(): Tabs {
  return useSyncExternalStore(subscribe, () => state)
}

export function addTab(tab: Partial<Omit<SqlTab, 'id'>> = {}): void {
  const id = crypto.randomUUID()
  put({ tabs: [...state.tabs, { title: nextTitle(), text: '', ...tab, id }], current: id })
}

export function selectTab(id: string): void {
  put({ ...state, current: id })
}

export function changeTab(id: string, change: Partial<SqlTab>): void {
  put({ ...state, tabs: state.tabs.map((tab) => (tab.id === id ? { ...tab, ...change } : tab)) })
}

/** Closing the last one leaves a fresh one. */
export function closeTab(id: string): void {
  const at = state.tabs.findIndex((tab) => tab.id === id)
  const tabs = state.tabs.filter((tab) => tab.id !== id)
  if (tabs.length === 0) tabs.push({ id: crypto.randomUUID(), title: 'Query 1', text: '' })
  const neighbour = tabs[Math.min(at, tabs.length - 1)]!
  put({ tabs, current: state.current === id ? neighbour.id : state.current })
}

function nextTitle(): string {
  const taken = new Set(state.tabs.map((tab) => tab.title))
  let number = 1
  while (taken.has(`Query ${number}`)) number++
  return `Query ${number}`
}

function put(next: Tabs): void {
  state = next
  const stored = next.tabs.map(({ id, title, text }) => ({ id, title, text }))
  localStorage.setItem(key, JSON.stringify({ tabs: stored, current: next.current }))
  for (const listener of listeners) listener()
}

function read(): Tabs {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '')
    if (isTabs(stored)) return stored
  } catch {
    // Nothing stored, or not by us: start afresh.
  }
  return { tabs: [{ id: 'first', title: 'Query 1', text: firstText }], current: 'first' }
}

function isTabs(value: unknown): value is Tabs {
  const tabs = (value as Partial<Tabs> | null)?.tabs
  return (
    Array.isArray(tabs) &&
    tabs.length > 0 &&
    tabs.every((tab) => typeof tab?.id === 'string' && typeof tab.title === 'string' && typeof tab.text === 'string')
  )
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
