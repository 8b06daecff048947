/**
 * What the host knows by name: the values of secrets (keychain, environment) and variables
 * (millrace.yaml and its environments). `undefined` when it has none of that name.
 */
export interface Resolver {
  secret(name: string): string | undefined
  variable(name: string): string | undefined
}
