import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { edgeSourceSchema } from '#core/event/edge-config.ts'
import { originMatcher, originPattern } from '#core/event/origin.ts'
import { htmlSnippet } from '#core/event/snippet.ts'
import { TokenBucket } from '#core/event/token-bucket.ts'

test('origins: a wildcard is any host below, never the host itself, nor another that ends like it', () => {
  const host = fc.domain()
  fc.assert(
    fc.property(host, fc.constantFrom('http', 'https'), fc.constantFrom('', ':8080'), (name, scheme, port) => {
      const below = originMatcher([`*.${name}${port}`])
      expect(below(`${scheme}://a.${name}${port}`)).toBe(true)
      expect(below(`${scheme}://a.b.${name}${port}`)).toBe(true)
      expect(below(`${scheme}://${name}${port}`)).toBe(false)
      expect(below(`${scheme}://evil${name}${port}`)).toBe(false)
      expect(below(`${scheme}://a.${name}${port}1`)).toBe(false)
      expect(below(`${scheme}://a.${name}.evil${port}`)).toBe(false)
      expect(originMatcher([`${scheme}://${name}${port}`])(`${scheme}://${name}${port}`)).toBe(true)
      expect(originMatcher([name])(`${scheme}://${name}`)).toBe(true)
      expect(originMatcher([`https://${name}`])(`http://${name}`)).toBe(false)
    }),
  )
})

test.each(['https://shop.example', '*.shop.example', 'https://*.shop.example:8443', 'localhost:3000', '127.0.0.1'])(
  '%s can be an origin',
  (text) => expect(text).toMatch(originPattern),
)
test.each(['', '*', 'https://', 'ftp://x', 'https://shop.example/', 'a*b.example', 'shop.example:', '*.*.x', 'x y'])('%s cannot', (text) =>
  expect(text).not.toMatch(originPattern),
)

test('a bucket lets through its rate over any time, a burst more, and what was let in whole', () => {
  const request = fc.record({ after: fc.integer({ min: 0, max: 5000 }), events: fc.integer({ min: 1, max: 100 }) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(request, { maxLength: 50 }), (rate, requests) => {
      const bucket = new TokenBucket(rate, 0)
      let now = 0
      let passed = 0
      for (const { after, events } of requests) {
        now += after
        const wait = bucket.take(events, now)
        if (wait === 0) passed += events
        expect(passed).toBeLessThanOrEqual(rate * 5 + (rate * now) / 1000 + 100)
        expect(Number.isInteger(wait) && wait >= 0).toBe(true)
      }
    }),
  )
})

test('a bucket lets pass who comes again when it said', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), fc.integer({ min: 1, max: 1000 }), (rate, events) => {
      const bucket = new TokenBucket(rate, 0)
      let wait = bucket.take(events, 0)
      for (let tries = 0; wait === 0 && tries < 1000; tries++) wait = bucket.take(events, 0)
      expect(wait).toBeGreaterThan(0)
      expect(bucket.take(1, wait * 1000 + 1)).toBe(0)
    }),
  )
})

const source = (path: string) =>
  edgeSourceSchema.safeParse({ kind: 'sdk', name: 'web', write_key: 'abcdefgh', first_party: { path } }).success

test('the path of the browser SDK is none of the collector itself', () => {
  expect(['/a', '/shop-data/x', '/V2'].map(source)).toEqual([true, true, true])
  expect(['a', '/', '/a/', '/v1', '/V1/x', '/admin/x', '/batch', '/a?b', '/../a'].map(source)).toEqual(
    Array.from({ length: 9 }, () => false),
  )
})

test('a snippet that no key breaks out of', () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      const html = htmlSnippet(key.toWellFormed(), '/a', 'https://events.example/')
      expect(html.match(/<\/?script/g)).toHaveLength(2)
      expect(html).toContain(`"https://events.example/a/${encodeURIComponent(key.toWellFormed())}.js"`.replaceAll('<', '\\u003c'))
    }),
  )
})
