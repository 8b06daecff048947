import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { tempFolder } from '#test/fixture/temp-folder.ts'

const run = promisify(execFile)
const megabytes = 72
const program = new URL('../../../fixture/read-in-little-memory.ts', import.meta.url).pathname
const node = new URL('../../../../node_modules/node/bin/node', import.meta.url).pathname

test.each([
  { format: 'csv', head: 'id,text\n', line: `1,"${'x'.repeat(997)}"\n`, tail: '' },
  { format: 'jsonl', head: '', line: `{"id":1,"text":"${'x'.repeat(981)}"}\n`, tail: '' },
  { format: 'json', head: '[{"id":1}', line: `,{"id":1,"text":"${'x'.repeat(980)}"}\n`, tail: ']' },
])('a file larger than the memory there is can be read: $format', async ({ format, head, line, tail }) => {
  const folder = tempFolder()
  const file = createWriteStream(join(folder, 'large'))
  file.write(head)
  const block = line.repeat(1000)
  for (let count = 0; count < megabytes; count++) if (!file.write(block)) await once(file, 'drain')
  file.end(tail)
  await once(file, 'finish')
  const { stdout } = await run(node, ['--max-old-space-size=60', '--max-semi-space-size=2', program, folder, 'large', format])
  expect(Number(stdout)).toBe(megabytes * 1000 + (format === 'json' ? 1 : 0))
})
