import { expect, test } from 'vitest'
import { startTestEdge } from '#test/fixture/edge.ts'

test.each([
  [
    'a value that cannot be',
    { SUPPRESSION_DELAY_MS: '0' },
    { code: 'invalid-environment', message: expect.stringMatching(/^MILLRACE_EDGE_SUPPRESSION_DELAY_MS: /) },
  ],
  ['a name that is not there', { FLUSH_MAX_ROW: '5' }, { code: 'invalid-environment', mend: expect.stringContaining('FLUSH_MAX_ROWS') }],
  ['one that is not for the environment', { LOOPBACK: 'false' }, { code: 'invalid-environment' }],
])('%s is told before the collector starts', async (_, settings, error) => {
  const warehouse = { url: 'http://127.0.0.1:1', user: 'u', password: '' }
  await expect(startTestEdge({ warehouse, settings })).rejects.toMatchObject(error)
})
