import { keyOf } from './world.ts'

const types = ['track', 'identify', 'page', 'screen', 'group', 'alias']
const segmentPaths = [...types, ...types.map((type) => type[0]!), 'batch', 'b', 'import']

/** Every route there is, and some that there are not. */
export const targets: readonly string[] = [
  segmentPaths.flatMap((path) => [`/v1/${path}`, `/a/${path}`]),
  types.flatMap((type) => [`/api/s/${type}`, `/api/s/s2s/${type}`, `/pixel/v1/${type}`, `/v1/pixel/${type}`]),
  ['/batch/', '/batch', '/capture/', '/e/', '/i/v0/e/', '/i/v0/ai/batch/', '/i/v1/analytics/events', '/beacon/v1/batch'],
  ['/flags/', '/flags/?v=2', '/flags/definitions', `/flags/definitions?token=${keyOf('web')}`, '/health', '/'],
  ['web', 'closed', 'nobody'].flatMap((source) => [
    `/v1/projects/${keyOf(source)}/settings`,
    `/a/${keyOf(source)}.js`,
    `/sourceConfig?writeKey=${keyOf(source)}`,
  ]),
  ['/v1/webhook/github_0', '/v1/webhook/web', '/v1/webhook/', '/v1/webhook/nobody', `/v1/webhook/generic_0?key=${keyOf('generic_0')}`],
  [
    '/admin/config',
    '/admin/metrics.json',
    '/admin/destinations/x/dead',
    '/admin/destinations/x/dead?limit=1e9',
    '/admin/destinations/%00/replay',
  ],
  [
    '/admin/destinations/x/replay',
    '/admin/destinations/x/drop',
    '/admin/',
    '/v1',
    '/v1/',
    '//v1/track',
    '/v1/track/',
    '/V1/TRACK',
    '/v1/%74rack',
  ],
  ['/v1/../admin/config', '/v1/track%00', '/%c0%ae%c0%ae/', '/v1/track;a=b', '/a/%ff.js', '/favicon.ico', `/${'a/'.repeat(200)}`],
  [
    'name=a&properties.a=1',
    'data=e30=',
    'data=%7B%22userId%22%3A1%7D',
    'data=%00',
    `data=${'A'.repeat(3000)}`,
    'a.b.c.d.e.f.g.h.i.j=1',
    '__proto__.a=1&constructor.prototype.b=2',
    'userId=%ED%A0%80',
    'timestamp=never',
  ].map((query) => `/pixel/v1/track?writeKey=${keyOf('web')}&userId=u&event=Seen&${query}`),
].flat()

/** What stands after a path. */
export const ends = [
  '',
  '',
  '',
  '',
  '?',
  '?a=1',
  '?key=',
  '?writeKey=%00',
  '?%ff=%',
  `?q=${'x'.repeat(2000)}`,
  '?key=a&key=b&writeKey=c',
  '#',
  '?__proto__=1',
]

/** Headers that a sender may have or make up. */
export const extras: readonly (readonly [string, string])[] = [
  ['origin', 'https://shop.example'],
  ['origin', 'null'],
  ['origin', 'x'.repeat(5000)],
  ['origin', 'caf\xe9://\xff'],
  ['x-forwarded-for', '203.0.113.9, 10.0.0.1'],
  ['x-forwarded-for', '::ffff:1.2.3.4'],
  ['x-forwarded-for', `${'1.'.repeat(3000)}`],
  ['x-forwarded-for', '<script>'],
  ['x-forwarded-proto', 'javascript'],
  ['user-agent', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15'],
  ['user-agent', 'x'.repeat(20_000)],
  ['user-agent', '\xf0\x9f\x8e\x89 \xff'],
  ['content-type', 'text/plain; charset=utf-16'],
  ['content-type', 'application/x-www-form-urlencoded'],
  ['content-type', 'multipart/form-data; boundary=x'],
  ['content-type', ''],
  ['accept-encoding', 'gzip, br'],
  ['accept', 'text/html'],
  ['if-none-match', '*'],
  ['cookie', 'ajs_anonymous_id=%22a%22; a=b'],
  ['cookie', `ajs_anonymous_id=${'x'.repeat(4000)}; =; ;;`],
  ['range', 'bytes=0-1'],
  ['referer', 'not a url'],
  ['sec-gpc', '1'],
  ['x-write-key', ''],
  ['x-http-method-override', 'DELETE'],
  ['stripe-signature', 't=1,v1=00'],
  ['x-hub-signature-256', 'sha256=zz'],
  ['accept-language', 'de-DE;q=x,*;q=-1'],
  ['cf-connecting-ip', '1.1.1.1'],
  ['te', 'trailers'],
]
