import { appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { inlineFiles } from '#core/connector/inline.ts'
import type { Json, JsonObject } from '#core/lib/json.ts'
import { files } from '#desktop/connector/files/index.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { readSource } from '#test/fixture/source-messages.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

const runtime = testRuntime()
const noon = Date.UTC(2026, 0, 31, 12)

/** A folder with files of one column `a`. */
function folderOf(contents: Record<string, string>) {
  const folder = tempFolder()
  const write = (name: string, value: string, time = noon) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), `a\n${value}\n`)
    utimesSync(join(folder, name), time / 1000, time / 1000)
  }
  for (const [name, value] of Object.entries(contents)) write(name, value)
  const settings = (stream: JsonObject = {}) => ({ location: folder, streams: { s: { files: '**/*.csv', format: 'csv', ...stream } } })
  const incremental = (state?: Json) => readSource(files, settings(), { mode: 'incremental', state })
  return { folder, write, settings, incremental }
}

const check = async (config: unknown) => files.check(files.config.parse(config), runtime)
const values = (read: { records: JsonObject[] }) => read.records.map(({ a }) => a)

test('globs choose files in folders, and each row tells its file, number and time', async () => {
  const { folder, settings, write } = folderOf({ 'x.csv': '1', 'in/y.csv': '2', 'in/deep/z.csv': '3', 'in/w.txt': '4' })
  symlinkSync(join(folder, 'x.csv'), join(folder, 'in/link.csv'))
  symlinkSync(folder, join(folder, 'in/round'))
  const { records } = await readSource(files, settings())
  expect(records).toEqual([
    { a: 3, _file: 'in/deep/z.csv', _row: 1, _modified_at: '2026-01-31T12:00:00.000Z' },
    { a: 1, _file: 'in/link.csv', _row: 1, _modified_at: '2026-01-31T12:00:00.000Z' },
    { a: 2, _file: 'in/y.csv', _row: 1, _modified_at: '2026-01-31T12:00:00.000Z' },
    { a: 1, _file: 'x.csv', _row: 1, _modified_at: '2026-01-31T12:00:00.000Z' },
  ])
  expect(values(await readSource(files, settings({ files: ['in/{y,w}.*', 'x.csv', '*.csv'] })))).toEqual([4, 2, 1])
  write('report [2026] (1).csv', '5')
  expect(values(await readSource(files, settings({ files: 'report [2026] (1).csv' })))).toEqual([5])
  const bare = { ...settings({ files: 'x.csv' }), file_fields: false }
  expect((await readSource(files, bare)).records).toEqual([{ a: 1 }])
})

test('check names what is missing, and what may not be read', async () => {
  const { folder, settings } = folderOf({ 'x.csv': '1' })
  expect(await check(settings())).toEqual({ ok: true, value: undefined })
  expect(await check(settings({ files: '*.parquet' }))).toMatchObject({
    error: { code: 'no-files', message: expect.stringContaining('*.parquet') },
  })
  expect(await check(settings({ files: 'gone.csv' }))).toMatchObject({ error: { code: 'file-gone' } })
  expect(await check({ ...settings(), location: join(folder, 'gone') })).toMatchObject({ error: { code: 'file-gone' } })
  mkdirSync(join(folder, 'sub'))
  expect(await check(settings({ files: 'sub' }))).toMatchObject({ error: { code: 'not-a-file' } })
  if (process.getuid?.() !== 0) {
    chmodSync(join(folder, 'x.csv'), 0)
    expect(await check(settings())).toMatchObject({ error: { code: 'no-access' } })
  }
})

test('discover tells columns and their types by the sample, leaves them open, and declares what the settings declare', async () => {
  const { folder, settings } = folderOf({})
  writeFileSync(join(folder, 'x.csv'), 'id,price,note\n1,1.5,x\n')
  const config = files.config.parse(settings({ columns: { note: 'text' }, primary_key: ['id'] }))
  expect(await files.discover(config, runtime)).toMatchObject({
    value: {
      streams: [
        {
          name: 's',
          primaryKey: [['id']],
          cursorField: ['_modified_at'],
          schema: {
            properties: {
              id: { description: 'In the sample: integer.' },
              price: { description: 'In the sample: number.' },
              note: { type: 'string' },
              _file: { type: 'string' },
            },
          },
        },
      ],
    },
  })
})

test('an incremental read takes new and changed files alone, one of the same moment and one that is late included', async () => {
  const { write, incremental, folder } = folderOf({ 'x.csv': '1', 'y.csv': '2' })
  const first = await incremental()
  expect(values(first)).toEqual([1, 2])
  const state = first.states.at(-1)
  expect(values(await incremental(state))).toEqual([])
  write('same-moment.csv', '3')
  write('late.csv', '4', noon - 86_400_000)
  const second = await incremental(state)
  expect(values(second)).toEqual([4, 3])
  write('x.csv', '5', noon + 1000)
  rmSync(join(folder, 'y.csv'))
  expect(values(await incremental(second.states.at(-1)))).toEqual([5])
})

test('whatever happens to files between runs, each version of each is read once', async () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    seconds: fc.integer({ min: -3, max: 3 }),
    isGone: fc.boolean(),
    runs: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { folder, write, incremental } = folderOf({})
      const [due, read]: [Map<string, number>, number[]] = [new Map(), []]
      const expected: number[] = []
      let state: Json | undefined
      for (const [index, { name, seconds, isGone, runs }] of [...steps, { name: 'a', seconds: 0, isGone: false, runs: true }].entries()) {
        // Each version has a length of its own, as two of one time and size are one to a store of files.
        if (isGone) rmSync(join(folder, `${name}.csv`), { force: true })
        else write(`${name}.csv`, String(10 ** index), noon + seconds * 1000)
        if (isGone) due.delete(name)
        else due.set(name, 10 ** index)
        if (!runs) continue
        const { records, states, error } = await incremental(state)
        expect(error).toBeUndefined()
        read.push(...records.map(({ a }) => a as number))
        expected.push(...due.values())
        due.clear()
        state = states.at(-1)
      }
      expect(read.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b))
    }),
    { numRuns: 60 },
  )
})

test('what is beyond the history is remembered by its time', async () => {
  const { write, incremental } = folderOf({ 'x.csv': '1' })
  const read = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`gone-${index}.csv`, ['v', noon - index]]))
  const { states } = await incremental({ read })
  expect(states.at(-1)).toEqual({ read: { 'x.csv': [expect.any(String), noon] } })
  write('old.csv', '2', noon - 1000)
  write('new.csv', '3', noon + 1000)
  expect(values(await incremental({ read: {}, forgotten: noon }))).toEqual([3])
})

test('a backfill takes the files of its range', async () => {
  const { write, settings } = folderOf({ 'noon.csv': '1' })
  write('before.csv', '2', noon - 1000)
  write('after.csv', '3', noon + 1000)
  const range = { from: new Date(noon).toISOString(), to: new Date(noon + 1000).toISOString() }
  expect(values(await readSource(files, settings(), { mode: 'incremental', range }))).toEqual([1])
})

test('a full refresh that broke off goes on after the last whole file, and reads none twice', async () => {
  const { write, settings } = folderOf({ 'a.csv': '1', 'b.csv': '2', 'c.csv': '3' })
  const refresh = (state: Json) => readSource(files, settings(), { state })
  write('a.csv', '9', noon + 5000)
  expect(values(await refresh({ after: 'a.csv' }))).toEqual([2, 3])
  expect((await refresh({ read: 1 })).error).toMatchObject({ code: 'invalid-state' })
})

test.each([
  ['grows', (path: string) => appendFileSync(path, 'more\n')],
  ['is cut off', (path: string) => truncateSync(path, 1000)],
  ['is written anew', (path: string) => writeFileSync(path, 'a\n1\n')],
])('a file that %s while it is read ends it, to be tried again', async (_, change) => {
  const { folder, settings } = folderOf({})
  const path = join(folder, 'x.csv')
  writeFileSync(path, `a\n${'x'.repeat(50)}\n`.padEnd(4_000_000, 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n'))
  const config = files.config.parse(settings())
  const messages = []
  for await (const message of files.read(config, { streams: [{ name: 's', mode: 'incremental' }] }, runtime)) {
    if (messages.length === 0) change(path)
    messages.push(message)
  }
  expect(messages.at(-1)).toMatchObject({ type: 'done', result: { ok: false, error: { code: 'file-changed', retryable: true } } })
  expect(messages.some(({ type }) => type === 'state')).toBe(false)
})

test('a file that is put in the place of another while it is read is not mixed with it', async () => {
  const { folder, settings, write } = folderOf({})
  writeFileSync(join(folder, 'x.csv'), 'a\n'.padEnd(4_000_000, '1\n'))
  const config = files.config.parse(settings())
  let count = 0
  for await (const message of files.read(config, { streams: [{ name: 's', mode: 'incremental' }] }, runtime)) {
    if (message.type !== 'records') continue
    if (count === 0) {
      write('next.tmp', '2')
      renameSync(join(folder, 'next.tmp'), join(folder, 'x.csv'))
    }
    expect(message.records.every(({ a }) => a === 1)).toBe(true)
    count += message.records.length
  }
  expect(count).toBe(1_999_999)
})

test('a column of the file that has the name of one of ours is not overwritten', async () => {
  const { folder, settings } = folderOf({})
  writeFileSync(join(folder, 'x.csv'), '_file\n1\n')
  expect((await readSource(files, settings())).error).toMatchObject({ code: 'field-taken' })
})

test('one broken stream leaves the others alone', async () => {
  const { settings } = folderOf({ 'x.csv': '1' })
  const config = files.config.parse({ ...settings(), streams: { s: settings().streams.s, t: { files: 'gone.csv', format: 'csv' } } })
  expect(await files.discover(config, runtime)).toMatchObject({ ok: true, value: { streams: [{ name: 's' }, { name: 't' }] } })
  expect((await readSource(files, config, { stream: 't' })).error).toMatchObject({ code: 'file-gone' })
})

test('the host makes a location in the stack absolute, and leaves addresses and other settings alone', async () => {
  const disk = { readFile: async () => 'text', resolvePath: (path: string) => `/stack/${path}` }
  expect(await inlineFiles(files, { location: 'data', streams: 'data' }, disk)).toEqual({ location: '/stack/data', streams: 'data' })
  expect(await inlineFiles(files, { location: 's3://bucket/data' }, disk)).toEqual({ location: 's3://bucket/data' })
})
