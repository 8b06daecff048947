import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'

// A disk of 6 MB, where the system lets us make one (root on Linux).
const folder = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]).status === 0
let edge: TestEdge | undefined
afterAll(async () => {
  await edge?.stop()
  if (mounted) spawnSync('umount', ['-l', folder])
  rmSync(folder, { recursive: true, force: true })
})

test.skipIf(!mounted)('a full disk answers 503, never a 200 for what it could not keep', async () => {
  const warehouse = { url: 'http://127.0.0.1:1', user: 'u', password: 'p' }
  edge = await startTestEdge({ warehouse, folder })
  const statuses: number[] = []
  for (let index = 0; index < 400 && !statuses.includes(503); index++) {
    const response = await fetch(`${edge.url}/v1/track`, {
      method: 'POST',
      body: JSON.stringify({ event: 'Fill', userId: 'u', messageId: `d${index}`, properties: { text: 'x'.repeat(28_000) } }),
      headers: { authorization: `Basic ${btoa(`${edge.writeKey('web')}:`)}` },
    })
    statuses.push(response.status)
    if (response.status === 503) expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
  }
  expect([...new Set(statuses)]).toEqual([200, 503])
  const accepted = statuses.filter((status) => status === 200).length
  await edge.kill('SIGKILL')
  const grown = spawnSync('mount', ['-o', 'remount,size=64m', folder])
  expect(grown.status).toBe(0)
  edge = await startTestEdge({ warehouse, folder })
  expect((await edge.metrics()).sources['web']!.accepted).toBe(accepted)
})
