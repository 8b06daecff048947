import { systemClock } from '#core/lib/runtime.ts'
import type { Demo } from './demo.ts'
import { writeKeys } from './run.ts'
import { sendMail } from './tool/mail.ts'
import { orderCalls, visitCalls } from './tool/storefront-calls.ts'
import { openStorefront, type Storefront } from './tool/storefront.ts'
import { catalogue, pageTitles } from './world/catalogue.ts'
import type { Person, Visit } from './world/person.ts'
import { ordinaryPurchase } from './world/purchase.ts'
import { type Random, seededRandom } from './world/random.ts'

/**
 * A slow trickle of live traffic, until the signal aborts (then it resolves): someone visits every few
 * seconds, now and then someone buys or opens a mailing. Starts after `runDemo`. What the collector does
 * not take for good is told through `onProblem` and the trickle goes on.
 */
export async function playLive(
  demo: Demo,
  options: { edgeUrl: string; signal: AbortSignal; onProblem: (error: unknown) => void },
): Promise<void> {
  const keys = await writeKeys(demo.folder)
  const random = seededRandom(Date.now())
  const people = demo.world.people.filter((person) => person.visits.length > 0)
  while (!options.signal.aborted) {
    // One SDK a visit, closed after it: a visit that was given up does not end the trickle.
    const storefront = openStorefront({ edgeUrl: options.edgeUrl, writeKey: keys.storefront, signal: options.signal })
    try {
      const person = random.pick(people)
      await visit(demo, storefront, person, random, options.signal)
      if (random.chance(0.2)) await openMail(person, { ...options, writeKey: keys.email })
      await systemClock.sleep(random.between(500, 3_000), options.signal)
    } catch (error) {
      if (!options.signal.aborted) options.onProblem(error)
    } finally {
      await storefront.close().catch((error: unknown) => options.signal.aborted || options.onProblem(error))
    }
  }
}

async function visit(demo: Demo, storefront: Storefront, person: Person, random: Random, signal: AbortSignal): Promise<void> {
  const known = person.visits.some(({ mode }) => mode !== 'anonymous')
  const device = random.pick(person.visits).device
  const id = `live-${crypto.randomUUID()}`
  const paths = [
    random.pick(Object.keys(pageTitles)),
    `/products/${random.pick(catalogue).slug}`,
    `/products/${random.pick(catalogue).slug}`,
  ]
  const buys = known && person.paymentAccounts > 0 && random.chance(0.15)
  if (buys) paths.push('/cart', '/checkout')
  const made: Visit = { device, mode: known ? 'signed-in' : 'anonymous', signsInBefore: 0, pages: [] }
  for (const [index, path] of paths.entries()) {
    made.pages = [{ path, at: Date.now() }]
    for (const call of visitCalls(person, made, `${id}-${index}`)) await storefront.send({ ...call, at: Date.now() })
    await systemClock.sleep(random.between(300, 1_500), signal)
  }
  if (!buys) return
  const purchase = ordinaryPurchase({ random, at: Date.now(), budget: random.between(2_000, 30_000), couponChance: 0.2, device })
  demo.payments.add(person.number, purchase)
  for (const call of orderCalls(person, purchase, person.purchases.length - 1, id)) await storefront.send(call)
}

async function openMail(person: Person, options: { edgeUrl: string; writeKey: string; signal: AbortSignal }): Promise<void> {
  const recipient = { subscriber: `subscriber-${person.number}`, email: person.email, user_id: person.userId ?? null }
  const event = {
    event_id: `live-${crypto.randomUUID()}`,
    type: 'open' as const,
    campaign: `newsletter-${new Date().toISOString().slice(0, 7)}`,
    at: Math.floor(Date.now() / 1000),
    recipient,
  }
  await sendMail([event], { ...options, source: 'email' })
}
