import { birthDate, day, hour, startOfWeek, week } from './calendar.ts'
import { catalogue } from './catalogue.ts'
import { characters } from './characters.ts'
import type { LeadRecord, MailAction, Person, Visit } from './person.ts'
import { ordinaryPurchase } from './purchase.ts'
import { type Random, seededRandom } from './random.ts'

/** How large the demo's world is and which one. The same three numbers give the same world. */
export interface WorldSettings {
  seed: number
  people: number
  /** "Now" of the world, milliseconds since the epoch: its last event is just before it. */
  now: number
}

export interface World {
  settings: WorldSettings
  people: Person[]
}

/** Sized so that a first start on two cores ends well under three minutes. */
export const defaultWorld = { seed: 1, people: 2000 }

/** Days of history before `now`: fourteen months, so that "the last year" cuts through it. */
const historyDays = 425

/** The people of the shop and all they did: the hand-made characters first, then the crowd. */
export function makeWorld(settings: WorldSettings): World {
  const people = characters(settings.now)
  while (people.length < settings.people) people.push(makePerson(settings, people.length))
  return { settings, people }
}

interface Habit {
  share: number
  account: boolean
  /** Probability of a record in the CRM, and of its being qualified. */
  lead: number
  qualified: number
  /** Probability of a visit in a week, and over how many weeks. */
  weekly: number
  purchases: [number, number]
  /** Dollars an order. */
  spend: [number, number]
}

const habits: readonly Habit[] = [
  { share: 0.08, account: true, lead: 0.95, qualified: 0.6, weekly: 0.97, purchases: [6, 14], spend: [70, 400] },
  { share: 0.17, account: true, lead: 0.85, qualified: 0.3, weekly: 0.6, purchases: [2, 8], spend: [30, 250] },
  { share: 0.48, account: true, lead: 0.6, qualified: 0.1, weekly: 0.08, purchases: [0, 4], spend: [12, 180] },
  { share: 0.1, account: false, lead: 1, qualified: 0.3, weekly: 0, purchases: [0, 0], spend: [0, 0] },
  { share: 0.05, account: false, lead: 1, qualified: 0.6, weekly: 0, purchases: [3, 12], spend: [80, 900] },
  { share: 0.12, account: false, lead: 0, qualified: 0, weekly: 0.15, purchases: [0, 0], spend: [0, 0] },
]

const firstNames =
  'Ada Ben Chloe Dev Elif Femi Grace Hugo Ines Jonas Kaya Lena Mateo Nadia Omar Priya Quinn Rosa Sven Tara Uma Viktor Wen Yuki'
const lastNames =
  'Abbott Berger Castro Dahl Eriksen Farouk Gupta Haas Ito Jansen Kowalski Lund Moreau Nakata Okafor Petrov Rossi Silva Tanaka Varga'

function makePerson({ seed, now }: WorldSettings, number: number): Person {
  const random = seededRandom(seed, number)
  const habit = pickHabit(random)
  const firstName = random.pick(firstNames.split(' '))
  const lastName = random.pick(lastNames.split(' '))
  const email = `${firstName}.${lastName}${number}@example.${random.pick(['com', 'org', 'net'])}`
  const since = now - random.between(60, random.chance(0.4) ? historyDays : 240) * day
  const person: Person = {
    number,
    firstName,
    lastName,
    email: random.chance(0.85) ? email.toLowerCase() : email,
    ...(habit.account && { userId: `user_${String(number).padStart(5, '0')}` }),
    dateOfBirth: random.chance(0.93) ? birthDate(now, random.between(18, 70), random.between(5, 360)) : null,
    customerType: random.chance(habit.qualified) ? 'wholesale' : 'retail',
    leads: [],
    visits: [],
    purchases: [],
    mail: [],
    paymentAccounts: 0,
  }
  if (random.chance(habit.lead)) person.leads = makeLeads(random, habit, since, now)
  if (habit.weekly > 0) person.visits = makeVisits(random, habit, person, since, now)
  makePurchases(random, habit, person, since, now)
  if (habit.account || person.leads.length > 0) person.mail = makeMail(random, now)
  return person
}

function pickHabit(random: Random): Habit {
  let left = random.next()
  for (const habit of habits) if ((left -= habit.share) < 0) return habit
  return habits.at(-1)!
}

function makeLeads(random: Random, habit: Habit, since: number, now: number): LeadRecord[] {
  const record = (qualified: boolean): LeadRecord => {
    const createdAt = Math.round(since + random.next() * (now - since - 30 * day))
    const updatedAt = Math.round(createdAt + random.next() * (now - createdAt - hour))
    const calls = Array.from({ length: random.between(0, qualified ? 3 : 1) }, () =>
      Math.round(createdAt + random.next() * (updatedAt - createdAt)),
    )
    return {
      qualified,
      stage: qualified ? random.pick(['qualified', 'customer'] as const) : random.pick(['new', 'contacted'] as const),
      createdAt,
      updatedAt,
      calls,
    }
  }
  const leads = [record(random.chance(habit.qualified))]
  // Some were entered twice, by two salespeople who did not agree.
  if (random.chance(0.03)) leads.push(record(!leads[0]!.qualified))
  return leads
}

function makeVisits(random: Random, habit: Habit, person: Person, since: number, now: number): Visit[] {
  const devices = Array.from({ length: random.between(1, 3) }, (_, index) => `browser-${person.number}-${index + 1}`)
  const signedIn = new Set<string>()
  const visits: Visit[] = []
  for (let monday = startOfWeek(since); monday < now; monday += week) {
    if (!random.chance(habit.weekly)) continue
    const start = monday + random.between(0, 6) * day + random.between(7, 21) * hour + random.between(0, hour - 1)
    const device = random.pick(devices)
    const paths = makePaths(random, person)
    let at = start
    const pages = paths.map((path) => ({ path, at: (at += random.between(15_000, 90_000)) }))
    if (pages.at(-1)!.at > now - 10 * 60_000) continue
    const visit: Visit = { device, pages, mode: 'anonymous', signsInBefore: 0 }
    if (person.userId !== undefined && random.chance(0.75)) {
      visit.mode = signedIn.has(device) ? 'signed-in' : 'signs-in'
      visit.signsInBefore = visit.mode === 'signs-in' ? random.between(0, pages.length - 1) : 0
      signedIn.add(device)
    }
    if (random.chance(0.15)) visit.campaign = campaignAt(start)
    visits.push(visit)
  }
  return visits
}

function makePaths(random: Random, person: Person): string[] {
  const paths = [random.pick(['/', '/', '/collections/coffee', '/collections/equipment', '/blog/brewing-guide'])]
  if (person.customerType === 'wholesale' && random.chance(0.7))
    paths.push('/wholesale', random.pick(['/wholesale/pricing', '/wholesale/pricing', '/wholesale/apply']))
  const looks = random.between(0, 3)
  for (let look = 0; look < looks; look++) paths.push(`/products/${random.pick(catalogue).slug}`)
  if (random.chance(0.15))
    paths.push(random.pick(['/account', '/account/orders', '/blog/harvest-report', '/collections/gift', '/collections/tea']))
  return paths
}

function makePurchases(random: Random, habit: Habit, person: Person, since: number, now: number): void {
  const count = random.between(...habit.purchases)
  // The young buy with coupons more often: one of the stack's models finds that out.
  const couponChance = (person.dateOfBirth ?? '') > '1995' ? 0.4 : 0.15
  for (let index = 0; index < count; index++) {
    const budget = random.between(habit.spend[0] * 100, habit.spend[1] * 100)
    const status = random.chance(0.04) ? 'refunded' : 'paid'
    const visit = person.visits.length > 0 && random.chance(0.9) ? random.pick(person.visits) : undefined
    if (visit !== undefined && visit.mode !== 'anonymous') {
      const last = visit.pages.at(-1)!.at
      if (visit.pages.at(-1)!.path === '/checkout') continue
      visit.pages.push({ path: '/cart', at: last + 20_000 }, { path: '/checkout', at: last + 50_000 })
      person.purchases.push(ordinaryPurchase({ random, at: last + 90_000, budget, couponChance, status, device: visit.device }))
    } else {
      const at = Math.round(since + random.next() * (now - since - hour))
      person.purchases.push(ordinaryPurchase({ random, at, budget, couponChance, status }))
    }
  }
  // A few bought as a guest once, and so are two customers to the payments tool.
  person.paymentAccounts = person.purchases.length === 0 ? (random.chance(0.05) ? 1 : 0) : random.chance(0.06) ? 2 : 1
}

function makeMail(random: Random, now: number): MailAction[] {
  const mail: MailAction[] = []
  for (let back = 12; back >= 1; back--) {
    const sent = now - back * 30 * day
    if (!random.chance(0.25)) continue
    const at = sent + random.between(5 * 60_000, 2 * day)
    mail.push({ type: 'open', campaign: campaignAt(sent), at })
    if (random.chance(0.3)) mail.push({ type: 'click', campaign: campaignAt(sent), at: at + random.between(2_000, 60_000) })
  }
  if (random.chance(0.01)) mail.push({ type: 'bounce', campaign: campaignAt(now - 20 * day), at: now - 20 * day })
  return mail
}

function campaignAt(at: number): string {
  return `newsletter-${new Date(at).toISOString().slice(0, 7)}`
}
