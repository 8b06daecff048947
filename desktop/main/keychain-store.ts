import { createFileSecretStore, type SecretStore } from '#desktop/host/secrets.ts'

/**
 * Secrets as the host's process sees them: what the keychain holds, then what the file that headless hosts use
 * holds. Changes go to the keychain, through `store` (the main process alone can reach it).
 */
export function createKeychainStore(
  held: Record<string, string>,
  file: string,
  store: (name: string, value: string | undefined) => void,
): SecretStore {
  const secrets = new Map(Object.entries(held))
  const files = createFileSecretStore(file)
  return {
    get: (name) => secrets.get(name) ?? files.get(name),
    set(name, value) {
      secrets.set(name, value)
      store(name, value)
    },
    delete(name) {
      secrets.delete(name)
      store(name, undefined)
      files.delete(name)
    },
    names: () => [...new Set([...secrets.keys(), ...files.names()])],
  }
}
