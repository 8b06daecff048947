import { useSyncExternalStore } from 'react'

/** A file as it is in the editor, where that is not what is saved. */
export interface Draft {
  text: string
  /** What the file was when the draft was begun. */
  base: string
}

type Drafts = Readonly<Record<string, Draft>>

const key = 'millrace.transform.drafts'
const listeners = new Set<() => void>()
let state: Drafts = read()

/** The unsaved texts of transforms by their names, kept in this browser. */
export function useDrafts(): Drafts {
  return useSyncExternalStore(subscribe, () => state)
}

/** @param file the text that is saved; a draft that says the same is none */
export function keepDraft(name: string, text: string, file: string): void {
  const { [name]: known, ...others } = state
  put(text === file ? others : { ...others, [name]: { text, base: known?.base ?? file } })
}

export function dropDraft(name: string): void {
  const { [name]: _dropped, ...others } = state
  put(others)
}

function put(next: Drafts): void {
  state = next
  localStorage.setItem(key, JSON.stringify(next))
  for (const listener of listeners) listener()
}

function read(): Drafts {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '')
    if (typeof stored === 'object' && stored !== null) {
      return Object.fromEntries(Object.entries(stored).filter((entry): entry is [string, Draft] => isDraft(entry[1])))
    }
  } catch {
    // Nothing stored, or not by us: there are none.
  }
  return {}
}

function isDraft(value: unknown): value is Draft {
  const draft = value as Partial<Draft> | null
  return typeof draft?.text === 'string' && typeof draft.base === 'string'
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
