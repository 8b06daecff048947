import { expect, it } from 'vitest'
import { type EventRow, merge } from '#desktop/renderer/screens/events/event-stream.ts'
import { contains, matchScore } from '#desktop/renderer/shell/match.ts'
import { formatAgo, formatBytes, formatDuration, formatNumber, plural } from '#desktop/renderer/data/format.ts'
import { layout, related, visibleEdges } from '#desktop/renderer/screens/home/loop-layout.ts'
import { fullLoop, largeLoop } from '#test/fixture/sample/loop.ts'

const event = (messageId: string, receivedAt: number): EventRow => ({
  messageId,
  receivedAt,
  timestamp: receivedAt,
  type: 'track',
  source: 's',
  payload: {},
})

it('shows each message once and newest first, however late it becomes visible', () => {
  const known = [event('c', 30), event('a', 10)]
  expect(merge(known, [event('b', 20), event('c', 30), event('d', 40)]).map((each) => each.messageId)).toEqual(['d', 'c', 'b', 'a'])
  expect(merge(known, [event('a', 10)])).toBe(known)
})

it('keeps a bounded number of events', () => {
  const many = Array.from({ length: 2500 }, (_, index) => event(`m${index}`, index))
  expect(merge([], many)).toHaveLength(2000)
  expect(merge([], many)[0]!.messageId).toBe('m2499')
})

it('says numbers and times as a person would', () => {
  expect([420, 4200, 42_000, 200_000, 3_700_000 * 3, 300_000_000].map(formatDuration)).toEqual([
    '420 ms',
    '4.2 s',
    '42 s',
    '3 min 20 s',
    '3 h',
    '3 d',
  ])
  expect([500, 5000, 65_000, 7_300_000].map((ago) => formatAgo(0, ago))).toEqual(['just now', '5 s ago', '1 min ago', '2 h ago'])
  expect([0, 1023, 1536, 318_226_841].map(formatBytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '303 MiB'])
  expect([1204, 48_211_093].map(formatNumber)).toEqual(['1,204', '48.2M'])
  expect([plural(1, 'row'), plural(2, 'try', 'tries')]).toEqual(['1 row', '2 tries'])
})

it('finds by whole words first, then by letters in order; lists only by parts of words', () => {
  expect(matchScore('profiles_to_analytics', 'analytics')).toBeGreaterThan(matchScore('profiles_to_analytics', 'nalytics'))
  expect(matchScore('profiles_to_analytics', 'pfa')).toBeGreaterThan(0)
  expect(matchScore('profiles_to_analytics', 'xyz')).toBe(0)
  expect(contains('profiles_to_analytics', 'leads')).toBe(false)
  expect(contains('profiles_to_analytics', 'ana prof')).toBe(true)
})

it('keeps what is in trouble in sight when a column is too long', () => {
  const groups = layout(largeLoop).flat()
  const shown = groups.flatMap((group) => group.nodes)
  const failing = largeLoop.nodes.filter((node) => node.health === 'error')
  expect(failing.every((node) => shown.includes(node))).toBe(true)
  expect(groups.reduce((sum, group) => sum + group.nodes.length + group.hidden.length, 0)).toBe(largeLoop.nodes.length)
  const cards = new Set([...shown.map((node) => node.id), ...groups.map((group) => `more:${group.id}`)])
  expect(visibleEdges(largeLoop, layout(largeLoop)).every((edge) => cards.has(edge.from) && cards.has(edge.to))).toBe(true)
})

it('knows what feeds a part and what it feeds, and nothing beside', () => {
  const near = related(fullLoop, 'trait:high_value')
  expect([...near].filter((id) => id.startsWith('destination'))).toEqual(['destination:analytics'])
  expect(near.has('sdk:storefront')).toBe(true)
  expect(near.has('trait:lifetime_value')).toBe(false)
})
