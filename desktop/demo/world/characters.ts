import { birthDate, day, hour, startOfWeek, week, yearBefore } from './calendar.ts'
import type { Person, Purchase, Visit } from './person.ts'
import { exactPurchase } from './purchase.ts'
import { seededRandom } from './random.ts'

/**
 * People at the edges of the definitions, one edge each. Each starts as the model citizen below and
 * differs in one thing; whether that makes them high-value is decided by hand here, so that the oracle
 * has something to be checked against. Times keep some hours from the edges that move with the clock.
 */
export function characters(now: number): Person[] {
  return stories(now).map(({ title, highValue, change }, number) => {
    const person = modelCitizen(number, now)
    person.story = { title, highValue }
    change(person)
    return person
  })
}

interface StoryMaker {
  title: string
  highValue: boolean
  change: (person: Person) => void
}

function stories(now: number): StoryMaker[] {
  const monday = startOfWeek(now)
  const year = yearBefore(now)
  return [
    { title: 'meets every condition', highValue: true, change: () => {} },
    { title: 'turns 25 today', highValue: true, change: (person) => (person.dateOfBirth = birthDate(now, 25)) },
    { title: 'turns 25 in two days', highValue: false, change: (person) => (person.dateOfBirth = birthDate(now, 25, -2)) },
    { title: 'is 45, turning 46 in two days', highValue: true, change: (person) => (person.dateOfBirth = birthDate(now, 46, -2)) },
    { title: 'turned 46 today', highValue: false, change: (person) => (person.dateOfBirth = birthDate(now, 46)) },
    { title: 'has no date of birth in the CRM', highValue: false, change: (person) => (person.dateOfBirth = null) },
    { title: 'has no record in the CRM', highValue: false, change: (person) => (person.leads = []) },
    { title: 'paid exactly $100 once of five times', highValue: false, change: (person) => reprice(person, 0, 10_000) },
    {
      title: 'paid a cent over $100 five times',
      highValue: true,
      change: (person) => person.purchases.forEach((_, index) => reprice(person, index, 10_001)),
    },
    {
      title: 'bought for the fifth time a year and three hours ago',
      highValue: false,
      change: (person) => (person.purchases[0]!.at = year - 3 * hour),
    },
    {
      title: 'bought for the fifth time three hours less than a year ago',
      highValue: true,
      change: (person) => (person.purchases[0]!.at = year + 3 * hour),
    },
    { title: 'had one of five orders refunded', highValue: false, change: (person) => (person.purchases[2]!.status = 'refunded') },
    { title: 'bought by phone only', highValue: true, change: (person) => person.purchases.forEach(byPhone) },
    { title: 'stayed away in the third week back', highValue: false, change: (person) => person.visits.splice(1, 1) },
    {
      title: 'came this week and the three before, not in the fourth',
      highValue: false,
      change: (person) => {
        person.visits[0] = onePage(visitAt(person, monday + (now - monday) / 2, 'signed-in'))
      },
    },
    {
      title: 'came in the first millisecond of the fourth week back',
      highValue: true,
      change: (person) => {
        person.visits[0] = onePage(visitAt(person, monday - 4 * week, 'signed-in'))
      },
    },
    {
      title: 'came in the last millisecond before the fourth week back',
      highValue: false,
      change: (person) => {
        person.visits[0] = onePage(visitAt(person, monday - 4 * week - 1, 'signed-in'))
      },
    },
    {
      title: 'came anonymously in two weeks, on a device they sign in on',
      highValue: true,
      change: (person) => anonymous(person, [1, 2]),
    },
    {
      title: 'signed in only once, in the middle of the last visit',
      highValue: true,
      change: (person) => {
        anonymous(person, [0, 1, 2])
        signIn(person.visits[3]!, 1)
        person.visits.splice(4, 1)
      },
    },
    {
      title: 'came on four devices',
      highValue: true,
      change: (person) =>
        person.visits.slice(0, 4).forEach((visit, index) => {
          visit.device += `-${index}`
          signIn(visit, 1)
        }),
    },
    {
      title: 'came in one week on a device they never signed in on',
      highValue: false,
      change: (person) => anonymous(person, [1], 'browser-library'),
    },
    {
      title: 'shares a device, and was not the last to sign in on it',
      highValue: false,
      change: (person) => {
        shareDevice(person, monday - 29 * week)
        anonymous(person, [2], 'browser-family')
      },
    },
    {
      title: 'shares a device, and was the last to sign in on it',
      highValue: true,
      change: (person) => {
        shareDevice(person, monday - 28 * week)
        anonymous(person, [1], 'browser-family')
      },
    },
    { title: 'writes the e-mail address in capitals', highValue: true, change: (person) => (person.email = person.email.toUpperCase()) },
    {
      title: 'has an e-mail address that is none',
      highValue: true,
      change: (person) => (person.email = person.email.replace('@', '.at.')),
    },
    { title: 'checked out as a guest twice', highValue: true, change: (person) => (person.paymentAccounts = 3) },
    {
      title: 'was entered in the CRM twice, qualified once',
      highValue: true,
      change: (person) => {
        buyMore(person, now)
        person.leads.unshift({ ...person.leads[0]!, qualified: true, stage: 'qualified', updatedAt: now - 90 * day })
      },
    },
    {
      title: 'bought six times and is qualified',
      highValue: true,
      change: (person) => {
        buyMore(person, now)
        person.leads[0]!.qualified = true
      },
    },
    { title: 'bought six times and is not qualified', highValue: true, change: (person) => buyMore(person, now) },
    { title: 'bought five times and is qualified', highValue: true, change: (person) => (person.leads[0]!.qualified = true) },
    {
      title: 'has no account at the storefront',
      highValue: false,
      change: (person) => {
        delete person.userId
        person.visits = []
        buyMore(person, now)
        person.purchases.forEach(byPhone)
        person.leads[0]!.qualified = true
      },
    },
  ]
}

/** High-value, not qualified; `visits[0]` to `visits[3]` are in the last four full weeks, oldest first, and `visits[4]` signed the device in long before. */
function modelCitizen(number: number, now: number): Person {
  const monday = startOfWeek(now)
  const person: Person = {
    number,
    firstName: 'Casey',
    lastName: `Case${number}`,
    email: `casey.case${number}@example.com`,
    userId: `user_${String(number).padStart(5, '0')}`,
    dateOfBirth: birthDate(now, 33, 100),
    customerType: 'wholesale',
    leads: [{ qualified: false, stage: 'contacted', createdAt: now - 300 * day, updatedAt: now - 20 * day, calls: [now - 30 * day] }],
    visits: [],
    purchases: [],
    mail: [{ type: 'open', campaign: 'newsletter-spring', at: now - 60 * day }],
    paymentAccounts: 1,
  }
  for (const days of [330, 200, 120, 80, 40]) buy(person, now - days * day, 15_000 + number)
  person.visits = [4, 3, 2, 1].map((back) => visitAt(person, monday - back * week + 2 * day + 9 * hour, 'signed-in'))
  person.visits.push(visitAt(person, monday - 30 * week, 'signs-in'))
  return person
}

function visitAt(person: Person, at: number, mode: Visit['mode']): Visit {
  const paths = ['/wholesale', '/wholesale/pricing', `/products/${['espresso-blend', 'green-beans-sack', 'scale'][person.number % 3]}`]
  const pages = paths.map((path, index) => ({ path, at: Math.round(at) + index * 30_000 }))
  return { device: deviceOf(person), mode, signsInBefore: 0, pages }
}

function onePage(visit: Visit): Visit {
  return { ...visit, pages: visit.pages.slice(0, 1) }
}

function anonymous(person: Person, weeks: number[], device = deviceOf(person)): void {
  for (const index of weeks) person.visits[index] = { ...person.visits[index]!, device, mode: 'anonymous' }
}

function signIn(visit: Visit, before: number): void {
  visit.mode = 'signs-in'
  visit.signsInBefore = before
}

/** Signs in once on the family's device, besides the device of their own. */
function shareDevice(person: Person, at: number): void {
  person.visits.push({ ...onePage(visitAt(person, at, 'signs-in')), device: 'browser-family' })
}

function buy(person: Person, at: number, amount: number): void {
  person.purchases.push(
    exactPurchase({ random: seededRandom(7, person.number, person.purchases.length), at, amount, device: deviceOf(person) }),
  )
}

/** A sixth purchase, a small one. */
function buyMore(person: Person, now: number): void {
  buy(person, now - 25 * day, 5_000)
}

function reprice(person: Person, index: number, amount: number): void {
  const { at } = person.purchases[index]!
  person.purchases[index] = exactPurchase({ random: seededRandom(7, person.number, index), at, amount, device: deviceOf(person) })
}

function byPhone(order: Purchase): void {
  order.channel = 'phone'
  delete order.device
}

function deviceOf(person: Person): string {
  return `browser-${person.number}-1`
}
