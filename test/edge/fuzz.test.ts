import { expect, test } from 'vitest'
import { fuzz } from '#test/fuzz/run.ts'

// `npm run fuzz` is the long one.
test('2,000 requests of the worst kind: each is answered by its name, and what is accepted is kept once', async () => {
  const counts = await fuzz({ requests: 2000, seed: 20261124, browsers: false, connections: 32, progress: () => {} })
  expect(counts.broken).toEqual([])
  expect(counts).toMatchObject({ lost: 0, doubled: 0, refused_by_warehouse: 0 })
  expect(counts.kept).toBeGreaterThan(500)
  // What it is to reach: the gates, the readers, the checks.
  const reached = ['200', '401 unknown-key', '400 malformed-json', '400 malformed-gzip', '400 wrong-type', '404 not-found', '413 too-large']
  expect(Object.keys(counts.answers)).toEqual(expect.arrayContaining(reached))
}, 240_000)
