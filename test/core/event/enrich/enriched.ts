import { Acceptor, type Acceptance } from '#core/event/accept.ts'
import { receptionOf } from '#test/fixture/reception.ts'

type Options = Parameters<typeof receptionOf>[0]

export const chromeOnMac =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'
export const safariOnIphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'

/** What the collector makes of one event. */
export async function taken(event: object, options?: Options): Promise<Acceptance> {
  const whole = { type: 'track', event: 'A', userId: 'u', messageId: 'm', ...event }
  return new Acceptor().accept([whole], receptionOf(options), { maxBytes: 32 * 1024, bodyBytes: 0, deep: true })
}

/** The context of its row. */
export async function contextOf(event: object, options?: Options): Promise<Record<string, any>> {
  const { lines } = await taken(event, options)
  return (JSON.parse(lines[0]!) as { context: Record<string, unknown> }).context
}
