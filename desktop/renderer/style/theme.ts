import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'

const key = 'millrace.theme'
const listeners = new Set<() => void>()

function read(): Theme {
  const stored = localStorage.getItem(key)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

/** Puts the chosen theme on the document; `system` leaves it to prefers-color-scheme. */
export function applyTheme(theme: Theme = read()): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

/** The chosen theme and its setter; the choice is kept in this browser. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore(subscribe, read)
  return [theme, choose]
}

function choose(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(key)
  else localStorage.setItem(key, theme)
  applyTheme(theme)
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** True while the page is painted dark, whoever decided it; re-renders when that changes. */
export function useDark(): boolean {
  const [theme] = useTheme()
  const system = useSyncExternalStore(subscribeSystem, () => matchMedia('(prefers-color-scheme: dark)').matches)
  return theme === 'system' ? system : theme === 'dark'
}

function subscribeSystem(listener: () => void): () => void {
  const query = matchMedia('(prefers-color-scheme: dark)')
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}
