import * as fc from 'fast-check'

/** Objects with up to `most` of some keys. */
export function keywords(most: number, values: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> {
  const pairs = Object.entries(values).map(([key, value]) => fc.tuple(fc.constant(key), value))
  return fc.uniqueArray(fc.oneof(...pairs), { selector: ([key]) => key, maxLength: most }).map((entries) => Object.fromEntries(entries))
}
