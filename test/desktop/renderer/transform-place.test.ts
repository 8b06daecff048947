import { assert, property, string } from 'fast-check'
import { expect, it } from 'vitest'
import { firstPlace, splitByPlaces } from '#desktop/renderer/screens/transforms/place.ts'

const file = 'transforms/mask.ts'

it('finds the places that a story of an error names in the file, and no others', () => {
  const story = `mask: TypeError: no\n    at ${file}:13\n    at Array.map (<anonymous>)\n    at transform (${file}:4:9) other/mask.ts:7 transforms/maskXts:1`
  expect(splitByPlaces(story, file).filter((part) => typeof part !== 'string')).toEqual([
    { text: `${file}:13`, line: 13, column: undefined },
    { text: `${file}:4:9`, line: 4, column: 9 },
  ])
  expect(firstPlace(story, file)).toMatchObject({ line: 13 })
  expect(firstPlace('It did not end within 1000 ms.', file)).toBeUndefined()
})

it('loses nothing of any text', () => {
  assert(
    property(string(), string(), (before, after) => {
      const text = `${before}${file}:2:3${after}`
      const parts = splitByPlaces(text, file)
      expect(parts.map((part) => (typeof part === 'string' ? part : part.text)).join('')).toBe(text)
    }),
  )
})
