import { useSyncExternalStore } from 'react'

export const screenNames = ['home', 'events', 'transforms', 'sql', 'traits', 'syncs', 'destinations', 'runs'] as const
export type ScreenName = (typeof screenNames)[number]

/** Where the studio is: a screen, and what is open on it. It lives in the address's fragment: `#/traits/high_value`. */
export interface Route {
  screen: ScreenName
  item: string | undefined
}

export function parseRoute(fragment: string): Route {
  const [, screen, item] = /^#\/([a-z]+)(?:\/([^/?]+))?/.exec(fragment) ?? []
  const known = screenNames.find((name) => name === screen)
  return known === undefined ? { screen: 'home', item: undefined } : { screen: known, item: item && decodeURIComponent(item) }
}

export function href(screen: ScreenName, item?: string): string {
  return item === undefined ? `#/${screen}` : `#/${screen}/${encodeURIComponent(item)}`
}

export function openScreen(screen: ScreenName, item?: string): void {
  location.hash = href(screen, item)
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => location.hash))
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener)
  return () => removeEventListener('hashchange', listener)
}
