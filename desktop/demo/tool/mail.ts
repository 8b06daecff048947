import type { World } from '../world/world.ts'

/** An item of the simulated e-mail tool's webhooks. Some people's id is unknown to it: they never had an account. */
export interface MailEvent {
  event_id: string
  type: 'open' | 'click' | 'bounce'
  campaign: string
  /** Seconds since the epoch. */
  at: number
  recipient: { subscriber: string; email: string; user_id: string | null }
}

/** What the e-mail tool tells, in the order it happened; one in fifty is told twice. */
export function mailEvents(world: World): MailEvent[] {
  const events = world.people.flatMap((person) =>
    person.mail.map((action, index): MailEvent => ({
      event_id: `mail-${world.settings.seed}-${person.number}-${index + 1}`,
      type: action.type,
      campaign: action.campaign,
      at: Math.floor(action.at / 1000),
      recipient: { subscriber: `subscriber-${person.number}`, email: person.email, user_id: person.userId ?? null },
    })),
  )
  const ordered = events.toSorted((one, other) => one.at - other.at)
  return [...ordered, ...ordered.filter((_, index) => index % 50 === 7)]
}

export interface MailOptions {
  edgeUrl: string
  /** Name of the webhook source, and its write key. */
  source: string
  writeKey: string
  signal: AbortSignal
  onSent?: (count: number) => void
}

/** Posts the events to the collector, a hundred a request, four requests at a time, each until it is accepted. */
export async function sendMail(events: readonly MailEvent[], options: MailOptions): Promise<void> {
  const url = `${options.edgeUrl}/v1/webhook/${options.source}?key=${encodeURIComponent(options.writeKey)}`
  let next = 0
  const worker = async () => {
    while (next < events.length) {
      const batch = events.slice(next, (next += 100))
      await post(url, batch, options.signal)
      options.onSent?.(batch.length)
    }
  }
  await Promise.all([worker(), worker(), worker(), worker()])
}

/** A tool's webhooks are repeated while the other side is away; a 4xx is not, and is told. */
async function post(url: string, batch: readonly MailEvent[], signal: AbortSignal): Promise<void> {
  for (let delay = 200; ; delay = Math.min(delay * 2, 5_000)) {
    signal.throwIfAborted()
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(batch),
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    }).catch(() => undefined)
    if (response?.ok) return void (await response.arrayBuffer())
    if (response !== undefined && response.status < 500 && response.status !== 429) {
      throw new Error(`The collector refused a webhook of the simulated e-mail tool: ${response.status} ${await response.text()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, delay))
  }
}
