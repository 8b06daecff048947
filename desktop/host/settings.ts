import type { StateDatabase } from './database.ts'

/** Small facts the host keeps about itself, JSON by name: the collector's admin token, what the demo plays. */
export interface Settings {
  get<Value>(name: string): Value | undefined
  set(name: string, value: unknown): void
}

export function createSettings(database: StateDatabase): Settings {
  const select = database.prepare<[string], { value: string }>('SELECT value FROM settings WHERE name = ?')
  const write = database.prepare('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
  return {
    get: (name) => {
      const row = select.get(name)
      return row === undefined ? undefined : JSON.parse(row.value)
    },
    set: (name, value) => void write.run(name, JSON.stringify(value)),
  }
}
