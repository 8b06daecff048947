/** What a sender's clock may be ahead of ours before it counts as wrong, in milliseconds: what NTP leaves. */
const clockTolerance = 2_000

/**
 * The clock rule. Segment's is `receivedAt - (sentAt - originalTimestamp)`, always
 * (segment.com/docs/connections/spec/common/#timestamps); it shifts every time by the network's delay, and that of a
 * retried request by minutes. So the sender's time stands while both clocks may be right: a request arrives up to
 * `maxDelay` after it was sent, and never before. Otherwise the clocks differ, and Segment's rule corrects it.
 */
export function happenedAt(original: number | undefined, sentAt: number | undefined, receivedAt: number, maxDelay: number): number {
  if (original === undefined) return receivedAt
  if (sentAt === undefined) return original
  const skew = receivedAt - sentAt
  return skew >= -clockTolerance && skew <= maxDelay ? original : original + skew
}

/**
 * Whether an event happens in the future, as no event does: its sender gave a time of its own making, or no `sentAt` to
 * correct a wrong clock by. Its times stay as they are; `context.clock.future` sets it apart for whoever counts by time.
 * @param tolerance milliseconds
 */
export function isFuture(timestamp: number, receivedAt: number, tolerance: number): boolean {
  return timestamp > receivedAt + tolerance
}
