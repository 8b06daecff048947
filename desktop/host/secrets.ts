import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { MillraceError } from '#core/lib/error.ts'

/** Where secrets are kept. Electron's main plugs in the keychain (`safeStorage`); headless it is a file. */
export interface SecretStore {
  get(name: string): string | undefined
  set(name: string, value: string): void
  delete(name: string): void
  names(): string[]
}

/** The value of `${secret:NAME}`, or nothing when there is none. */
export type SecretResolver = (name: string) => string | undefined

/** Secrets in a file that only this user can read. Written whole, and renamed into place. Throws `secrets-broken`. */
export function createFileSecretStore(path: string): SecretStore {
  const read = (): Record<string, string> => {
    if (!existsSync(path)) return {}
    try {
      return z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(path, 'utf8')))
    } catch (cause) {
      throw new MillraceError({
        code: 'secrets-broken',
        fault: 'config',
        message: `${path} is not a JSON object of names and values.`,
        mend: 'Mend it or remove it, and set the secrets again.',
        cause,
      })
    }
  }
  const write = (secrets: Record<string, string>) => {
    const draft = `${path}.${process.pid}.new`
    writeFileSync(draft, JSON.stringify(secrets, null, 2), { mode: 0o600 })
    renameSync(draft, path)
  }
  return {
    get: (name) => read()[name],
    set: (name, value) => write({ ...read(), [name]: value }),
    delete: (name) => write(Object.fromEntries(Object.entries(read()).filter(([key]) => key !== name))),
    names: () => Object.keys(read()),
  }
}

/**
 * `MILLRACE_SECRET_NAME`, then `NAME` of the environment (how an orchestrator passes secrets), then
 * the store. `onResolved` learns every value handed out, so that it can be kept out of logs.
 */
export function secretResolver(
  store: SecretStore,
  environment: Record<string, string | undefined>,
  onResolved: (value: string) => void,
): SecretResolver {
  return (name) => {
    const value = environment[`MILLRACE_SECRET_${name}`] ?? environment[name] ?? store.get(name)
    if (value !== undefined) onResolved(value)
    return value
  }
}
