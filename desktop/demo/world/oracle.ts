import { ageOn, startOfWeek, week, yearBefore } from './calendar.ts'
import { type Person, signInAt, type Visit } from './person.ts'

/**
 * Both questions, answered from the truth about the people and not from any tool or SQL.
 *
 * - A *purchase* is a paid order of the payments tool (not refunded); *within the last year* means in the
 *   calendar year up to `now`.
 * - *High value*: at least 5 purchases of more than $100 within the last year; aged 25 to 45 on the day
 *   of `now`, by the date of birth in the CRM; at least one page view in each of the last 4 full weeks
 *   (Monday to Sunday, UTC).
 * - A page view is a person's when the person was signed in, or when they were the last to sign in on
 *   that device.
 */
export interface Answers {
  topPages: { path: string; views: number }[]
  /** User ids, sorted. */
  highValue: string[]
}

export function answer(people: readonly Person[], now: number): Answers {
  const owners = deviceOwners(people)
  const viewsOf = (person: Person) => pageViews(people, person, owners)
  return {
    topPages: topPages(people.filter((person) => isQualified(person) && purchasesOfYear(person, now).length > 5).flatMap(viewsOf)),
    highValue: people
      .filter(
        (person) => isRightAge(person, now) && purchasesOfYear(person, now).filter((purchase) => purchase.amount > 10_000).length >= 5,
      )
      .filter((person) => isWeekly(viewsOf(person), now))
      .map((person) => person.userId!)
      .toSorted(),
  }
}

/** Purchases that count for person `person` in the year before `now`. */
function purchasesOfYear(person: Person, now: number) {
  return person.purchases.filter((purchase) => purchase.status === 'paid' && purchase.at >= yearBefore(now) && purchase.at <= now)
}

/** Cents paid in all. */
function lifetimeValue(person: Person): number {
  return person.purchases.filter((purchase) => purchase.status === 'paid').reduce((sum, purchase) => sum + purchase.amount, 0)
}

/** What the product-analytics tool must know of an account after a sync. */
export interface ExpectedProfile {
  user_id: string
  email: string
  high_value: boolean
  orders_last_year: number
  /** Dollars. */
  lifetime_value: number
}

/** Everyone who has ever signed in, by user id. */
export function profiles(people: readonly Person[], now: number): Map<string, ExpectedProfile> {
  const highValue = new Set(answer(people, now).highValue)
  const found = new Map<string, ExpectedProfile>()
  for (const person of people) {
    if (person.userId === undefined || !person.visits.some((visit) => visit.mode === 'signs-in')) continue
    found.set(person.userId, {
      user_id: person.userId,
      email: person.email.toLowerCase(),
      high_value: highValue.has(person.userId),
      orders_last_year: purchasesOfYear(person, now).length,
      lifetime_value: lifetimeValue(person) / 100,
    })
  }
  return found
}

type View = { path: string; at: number }

/** Who signed in last on each device. */
function deviceOwners(people: readonly Person[]): Map<string, { userId: string; at: number }> {
  const owners = new Map<string, { userId: string; at: number }>()
  for (const person of people) {
    for (const visit of person.visits) {
      const at = signInAt(visit)
      if (at === undefined || person.userId === undefined) continue
      if ((owners.get(visit.device)?.at ?? -Infinity) < at) owners.set(visit.device, { userId: person.userId, at })
    }
  }
  return owners
}

/** Views that the shop can know to be the person's: own signed-in ones, and whatever was anonymous on a device they own. */
function pageViews(people: readonly Person[], person: Person, owners: ReturnType<typeof deviceOwners>): View[] {
  if (person.userId === undefined) return []
  const own = person.visits.flatMap((visit) => visit.pages.filter((_, index) => isSignedIn(visit, index)))
  const devices = new Set(person.visits.map((visit) => visit.device).filter((device) => owners.get(device)?.userId === person.userId))
  const visitors = people.filter((other) => other.visits.some((visit) => devices.has(visit.device)))
  const anonymous = visitors
    .flatMap((other) => other.visits)
    .filter((visit) => devices.has(visit.device))
    .flatMap((visit) => visit.pages.filter((_, index) => !isSignedIn(visit, index)))
  return [...own, ...anonymous]
}

function isSignedIn(visit: Visit, page: number): boolean {
  return visit.mode === 'signed-in' || (visit.mode === 'signs-in' && page >= visit.signsInBefore)
}

function isQualified(person: Person): boolean {
  return person.leads.some((lead) => lead.qualified)
}

function isRightAge(person: Person, now: number): boolean {
  if (person.dateOfBirth === null || person.leads.length === 0) return false
  const age = ageOn(person.dateOfBirth, now)
  return age >= 25 && age <= 45
}

function isWeekly(views: readonly View[], now: number): boolean {
  const thisWeek = startOfWeek(now)
  return [1, 2, 3, 4].every((back) => {
    const start = thisWeek - back * week
    return views.some((view) => view.at >= start && view.at < start + week)
  })
}

function topPages(views: readonly View[]): Answers['topPages'] {
  const counts = new Map<string, number>()
  for (const view of views) counts.set(view.path, (counts.get(view.path) ?? 0) + 1)
  return [...counts]
    .map(([path, count]) => ({ path, views: count }))
    .toSorted((one, other) => other.views - one.views || (one.path < other.path ? -1 : 1))
    .slice(0, 5)
}
