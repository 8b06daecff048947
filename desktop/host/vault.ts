import type { Vault } from '#core/lib/runtime.ts'
import type { SecretStore } from './secrets.ts'

/** The vault of each source of the stack, by the source's name. */
export type Vaults = (source: string) => Vault

/**
 * Vaults in the store of secrets, so that what sources keep is encrypted where secrets are. The names have
 * a form that `${secret:NAME}` cannot have: no file of the stack reads them. `onSecret` learns every text in
 * them, so that it can be kept out of logs.
 */
export function createVaults(store: SecretStore, onSecret: (value: string) => void): Vaults {
  return (source) => ({
    async get(name) {
      const value = store.get(`source/${source}/${name}`)
      if (value !== undefined) learn(value, onSecret)
      return value
    },
    async set(name, value) {
      learn(value, onSecret)
      store.set(`source/${source}/${name}`, value)
    },
  })
}

/** A value of JSON holds several secrets, and each may turn up alone. */
function learn(value: string, onSecret: (value: string) => void): void {
  onSecret(value)
  try {
    JSON.parse(value, (_key, item: unknown) => {
      if (typeof item === 'string') onSecret(item)
      return item
    })
  } catch {
    // A text that is no JSON is one secret.
  }
}
