import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '#core/lib/json.ts'
import { files } from '#desktop/connector/files/index.ts'
import { splitObjects } from '#desktop/connector/files/split-objects.ts'
import { readSource } from '#test/fixture/source-messages.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

function read(content: string, stream: JsonObject) {
  const folder = tempFolder()
  writeFileSync(join(folder, 'a.json'), content)
  return readSource(files, { location: folder, file_fields: false, streams: { s: { files: 'a.json', ...stream } } })
}

const objects = fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 })), { maxLength: 6 })

test('whatever objects stand one a line, they are read', async () => {
  await fc.assert(
    fc.asyncProperty(objects, fc.constantFrom('\n', '\r\n', '\n\n'), async (items, end) => {
      const { records } = await read(items.map((item) => JSON.stringify(item) + end).join(''), { format: 'jsonl' })
      expect(records).toEqual(items.map(plain))
    }),
    { numRuns: 60 },
  )
})

test('whatever objects a list has in whatever layout, they are read, cut anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(
      objects,
      fc.constantFrom(undefined, 1, '\t'),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      async (items, indent, isList, size) => {
        const text = isList ? JSON.stringify(items, null, indent) : items.map((item) => JSON.stringify(item, null, indent)).join('\n')
        const found: unknown[] = []
        for await (const object of splitObjects(chunks(text, size), 'a')) found.push(JSON.parse(object.text))
        expect(found).toEqual(items.map(plain))
      },
    ),
    { numRuns: 200 },
  )
})

test('numbers that a double would round keep their digits, as text', async () => {
  const line =
    '{"id":9007199254740993,"list":[1,12345678901234567890],"ok":9007199254740991,"f":0.30000000000000004,"g":0.1234567890123456789,"e":1e3,"t":"12345678901234567890"}'
  for (const format of ['jsonl', 'json']) {
    expect((await read(`${line}\n`, { format })).records).toEqual([
      {
        id: '9007199254740993',
        list: [1, '12345678901234567890'],
        ok: 9007199254740991,
        f: 0.30000000000000004,
        g: '0.1234567890123456789',
        e: 1000,
        t: '12345678901234567890',
      },
    ])
  }
})

test('a line that is no object ends it with its number, or is left out', async () => {
  const text = '{"a":1}\n\n[1]\n{"a":\n{"a":2}'
  expect((await read(text, { format: 'jsonl' })).error).toMatchObject({
    code: 'bad-line',
    message: expect.stringContaining('a.json, line 3'),
  })
  expect((await read(text, { format: 'jsonl', on_bad_line: 'skip' })).records).toEqual([{ a: 1 }, { a: 2 }])
  const list = '[{"a":1},\n{"a":oops},\n{"a":2}]'
  expect((await read(list, { format: 'json' })).error).toMatchObject({
    code: 'bad-line',
    message: expect.stringContaining('a.json, line 2'),
  })
  expect((await read(list, { format: 'json', on_bad_line: 'skip' })).records).toEqual([{ a: 1 }, { a: 2 }])
})

test.each(['[{"a":1}', '{"a":', '[1]', '[{}] {}', '{} x', '[,{}]', '"text"', '[{}]]'])('%s is no list of objects', async (text) => {
  expect((await read(text, { format: 'json' })).error).toMatchObject({ code: 'wrong-format', message: expect.stringContaining('a.json') })
})

async function* chunks(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}

/** As JSON has it: -0 is 0. */
function plain(item: unknown): unknown {
  return JSON.parse(JSON.stringify(item))
}
