import { describe, expect, it } from 'vitest'
import { mailEvents } from '#desktop/demo/tool/mail.ts'
import { storefrontCalls } from '#desktop/demo/tool/storefront-calls.ts'
import { ageOn, birthDate, startOfWeek, yearBefore } from '#desktop/demo/world/calendar.ts'
import { answer } from '#desktop/demo/world/oracle.ts'
import { makeWorld } from '#desktop/demo/world/world.ts'

const now = Date.parse('2026-03-18T14:30:00Z')

describe('the calendar', () => {
  it('starts weeks on Monday, UTC', () => {
    expect(startOfWeek(Date.parse('2026-03-18T14:30:00Z'))).toBe(Date.parse('2026-03-16T00:00:00Z'))
    expect(startOfWeek(Date.parse('2026-03-16T00:00:00Z'))).toBe(Date.parse('2026-03-16T00:00:00Z'))
    expect(startOfWeek(Date.parse('2026-03-15T23:59:59.999Z'))).toBe(Date.parse('2026-03-09T00:00:00Z'))
  })

  it('goes back a calendar year, from 29 February to the 28th', () => {
    expect(yearBefore(Date.parse('2026-03-18T14:30:00Z'))).toBe(Date.parse('2025-03-18T14:30:00Z'))
    expect(yearBefore(Date.parse('2024-02-29T10:00:00Z'))).toBe(Date.parse('2023-02-28T10:00:00Z'))
    expect(yearBefore(Date.parse('2025-01-31T10:00:00Z'))).toBe(Date.parse('2024-01-31T10:00:00Z'))
  })

  it('counts birthdays had, the one of the day included', () => {
    expect(ageOn('2001-03-18', now)).toBe(25)
    expect(ageOn('2001-03-19', now)).toBe(24)
    expect(ageOn(birthDate(now, 46), now)).toBe(46)
    expect(ageOn(birthDate(now, 46, -2), now)).toBe(45)
  })
})

describe('the world', () => {
  const world = makeWorld({ seed: 4, people: 300, now })

  it('is the same for the same settings, and another for another seed', () => {
    expect(makeWorld({ seed: 4, people: 300, now })).toEqual(world)
    expect(makeWorld({ seed: 5, people: 300, now })).not.toEqual(world)
  })

  it('has nobody whom the next person would change', () => {
    expect(makeWorld({ seed: 4, people: 200, now }).people).toEqual(world.people.slice(0, 200))
  })

  it('ends before now', () => {
    expect(Math.max(...storefrontCalls(world).map((call) => call.at))).toBeLessThan(now)
    expect(Math.max(...mailEvents(world).map((event) => event.at * 1000))).toBeLessThan(now)
    expect(Math.max(...world.people.flatMap((person) => person.purchases.map((purchase) => purchase.at)))).toBeLessThan(now)
  })

  it('sends some calls twice, under the same messageId and unchanged, and no two calls under one', () => {
    const byId = Map.groupBy(storefrontCalls(world), (call) => call.messageId)
    const repeated = [...byId.values()].filter((calls) => calls.length > 1)
    expect(repeated.length).toBeGreaterThan(20)
    for (const [first, ...others] of repeated) for (const other of others) expect(other).toEqual(first)
  })

  it('shows pages seen before signing in without the user, and those after with', () => {
    const signedInLate = world.people.find((person) => person.visits.some((visit) => visit.signsInBefore > 0))!
    const index = signedInLate.visits.findIndex((visit) => visit.signsInBefore > 0)
    const visit = signedInLate.visits[index]!
    const pages = storefrontCalls(world).filter((call) => call.messageId.startsWith(`page-4-${signedInLate.number}-v${index}-`))
    const unique = [...new Map(pages.map((page) => [page.messageId, page])).values()]
    expect(unique.map((page) => page.userId)).toEqual(
      visit.pages.map((_, at) => (at < visit.signsInBefore ? undefined : signedInLate.userId)),
    )
  })
})

describe('the oracle', () => {
  // The story of each character says, decided by hand, whether they are of high value; on any day of any year.
  it.each(['2026-03-18T14:30:00Z', '2026-03-16T00:00:30Z', '2026-03-15T23:59:00Z', '2028-02-29T12:00:00Z', '2027-01-01T00:10:00Z'])(
    'judges every character as by hand at %s',
    (moment) => {
      const { people } = makeWorld({ seed: 1, people: 0, now: Date.parse(moment) })
      const { highValue } = answer(people, Date.parse(moment))
      expect(people.length).toBeGreaterThan(25)
      const judged = people.map((person) => ({ title: person.story!.title, highValue: highValue.includes(person.userId ?? '') }))
      expect(judged).toEqual(people.map((person) => person.story))
    },
  )

  it('counts the pages of qualified leads with more than five purchases, and of nobody else', () => {
    const { people } = makeWorld({ seed: 1, people: 0, now })
    const chosen = people.filter((person) =>
      [
        'bought six times and is qualified',
        'bought five times and is qualified',
        'bought six times and is not qualified',
        'was entered in the CRM twice, qualified once',
      ].includes(person.story!.title),
    )
    expect(chosen).toHaveLength(4)
    // Two qualify; each saw three pages in five visits, and the third page depends on the person.
    const { topPages } = answer(chosen, now)
    expect(topPages.slice(0, 2)).toEqual([
      { path: '/wholesale', views: 10 },
      { path: '/wholesale/pricing', views: 10 },
    ])
    expect(topPages.slice(2).reduce((sum, page) => sum + page.views, 0)).toBe(10)
  })

  it('gives an anonymous view to the last to sign in on the device', () => {
    const { people } = makeWorld({ seed: 1, people: 0, now })
    const buyer = people.find((person) => person.story?.title === 'bought six times and is qualified')!
    const guest = people.find((person) => person.story?.title === 'meets every condition')!
    guest.visits = [
      { device: buyer.visits[0]!.device, mode: 'anonymous', signsInBefore: 0, pages: [{ path: '/blog/harvest-report', at: now - 1000 }] },
    ]
    expect(answer([buyer, guest], now).topPages).toContainEqual({ path: '/blog/harvest-report', views: 1 })
    guest.visits[0]!.mode = 'signs-in'
    expect(answer([buyer, guest], now).topPages.map((page) => page.path)).not.toContain('/blog/harvest-report')
  })
})
