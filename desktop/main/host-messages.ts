/*
 * Between the main process and the host's process, beside the ports. Calls and events never go this way.
 */

/** Main to host. A message with a port is `connect`: serve the studio there. */
export type ToHostProcess =
  | {
      kind: 'open'
      stackFolder: string
      /** The host that already runs, to be reached over HTTP in place of opening the stack. */
      running: { url: string; token: string } | undefined
      /** What the keychain holds; undefined where the machine has none. */
      secrets: Record<string, string> | undefined
    }
  | { kind: 'connect' }
  | { kind: 'close' }

/** Host to main. */
export type FromHostProcess = { kind: 'secret'; name: string; value: string | undefined } | { kind: 'closed' }
