import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

/** Electron's safeStorage, as much of it as is needed here. */
export interface Cipher {
  isEncryptionAvailable(): boolean
  encryptString(text: string): Buffer
  decryptString(encrypted: Buffer): string
  /** Linux only: `basic_text` means that there is no keyring and nothing is really encrypted. */
  getSelectedStorageBackend?(): string
}

export interface Keychain {
  /** All secrets, decrypted. What another user or machine encrypted is left out. */
  read(): Record<string, string>
  /** Undefined removes it. */
  write(name: string, value: string | undefined): void
}

/** Secrets in a file, each encrypted with a key that the operating system keeps; undefined where it keeps none. */
export function createKeychain(path: string, cipher: Cipher): Keychain | undefined {
  if (!cipher.isEncryptionAvailable() || cipher.getSelectedStorageBackend?.() === 'basic_text') return undefined
  const stored = (): Record<string, string> => {
    if (!existsSync(path)) return {}
    try {
      return z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(path, 'utf8')))
    } catch {
      return {}
    }
  }
  return {
    read() {
      const secrets: Record<string, string> = {}
      for (const [name, encrypted] of Object.entries(stored())) {
        try {
          secrets[name] = cipher.decryptString(Buffer.from(encrypted, 'base64'))
        } catch {
          // Encrypted under another key: it cannot be had here, and stays in the file.
        }
      }
      return secrets
    },
    write(name, value) {
      const { [name]: _, ...others } = stored()
      const next = value === undefined ? others : { ...others, [name]: cipher.encryptString(value).toString('base64') }
      const draft = `${path}.${process.pid}.new`
      writeFileSync(draft, JSON.stringify(next, null, 2), { mode: 0o600 })
      renameSync(draft, path)
    },
  }
}
