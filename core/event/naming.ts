/*
 * Names of views and columns, after the published warehouse schema guides of Segment
 * (segment.com/docs/connections/storage/warehouses/schema) and RudderStack
 * (rudderstack.com/docs/destinations/warehouse-destinations/warehouse-schema), whose documented examples are the
 * test cases: CamelCase splits into words, letters and digits split ("omega v2" is omega_v_2), symbols separate, a
 * leading digit gets an underscore, so does a word the database cannot take unquoted. Where both guides drop
 * letters outside ASCII, we keep them: two events in Japanese must not become one view.
 */

/** The views that are not of one track event; an event of that name gets an underscore, as at RudderStack. */
const reservedViews = new Set(
  'all rejected undelivered metrics violations violations_by_rule seen schema tracks pages screens identifies groups aliases users'.split(
    ' ',
  ),
)

/** Words that ClickHouse 26.7 does not read as a column when unquoted (each word of system.keywords tried in four queries). */
const reservedWords = new Set(['all', 'cube', 'distinct', 'false', 'inf', 'nan', 'not', 'null', 'rollup', 'top', 'true'])

/** A file name holds 255 bytes; ClickHouse names a view's file after the view, with every byte outside [A-Za-z0-9_] as %XX, plus ".sql". */
const maxEscapedLength = 180

// Runs of capitals end before a capital that opens a word: "HTTPServer" is HTTP, Server.
const words = /\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{M}]+|\p{Lu}+|\p{Lt}\p{Ll}*|\p{N}+/gu

/** snake_case of any text; empty when it has no letter or digit. */
export function snakeCase(text: string): string {
  const leading = /^_*/.exec(text)![0]
  const body = (text.match(words) ?? []).join('_').toLowerCase()
  if (body === '') return ''
  return leading === '' && /^\p{N}/u.test(body) ? `_${body}` : leading + body
}

/** Name of the view of a track event: "Order Completed" is order_completed. Never empty, never too long for a file. */
export function eventName(text: string): string {
  const name = snakeCase(text)
  if (name === '') return `event_${hash(text)}`
  return shorten(reservedViews.has(name) || reservedWords.has(name) ? `_${name}` : name)
}

/** Name of the column of a path: `['customer', 'firstName']` is customer_first_name. Never empty. */
export function columnName(path: readonly string[]): string {
  const name = snakeCase(path.join('_'))
  if (name === '') return `column_${hash(path.join('.'))}`
  return shorten(reservedWords.has(name) ? `_${name}` : name)
}

function shorten(name: string): string {
  if (escapedLength(name) <= maxEscapedLength) return name
  const suffix = `_${hash(name)}`
  let kept = ''
  let length = suffix.length
  for (const character of name) {
    length += escapedLength(character)
    if (length > maxEscapedLength) break
    kept += character
  }
  return kept + suffix
}

function escapedLength(text: string): number {
  return encodeURIComponent(text).replaceAll(/[^\w%]/g, '%XX').length
}

/** FNV-1a, 32 bits, in hexadecimal: tells apart names that cannot be spelled. */
function hash(text: string): string {
  let value = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0
  return value.toString(16).padStart(8, '0')
}
