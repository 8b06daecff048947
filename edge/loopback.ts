/** Whether a host, with or without a port, is this very machine. */
export function isLoopback(host: string): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(host)
}
