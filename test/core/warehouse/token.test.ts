import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { queryRows } from '#core/warehouse/port.ts'
import { identifier, literal } from '#core/warehouse/sql.ts'
import { significant, tokenize, unquote } from '#core/warehouse/token.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

const fragments = [
  'ref',
  "'",
  '"',
  '`',
  '\\',
  '--',
  '/*',
  '*/',
  '//',
  '# ',
  '#',
  '$a$',
  '$',
  '{{',
  '}}',
  '{',
  '\n',
  ' ',
  '1.5e-3',
  '.',
  ',',
  '(',
  ')',
  '日',
  "''",
  ';',
]
const sql = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.constantFrom(...fragments), { maxLength: 30 }).map((parts) => parts.join('')),
)

describe('any text', () => {
  test('is cut without loss, in order, into tokens that are not empty', () => {
    fc.assert(
      fc.property(sql, (text) => {
        const tokens = tokenize(text)
        expect(tokens.map((token) => token.text).join('')).toBe(text)
        let start = 0
        for (const token of tokens) {
          expect(token.start).toBe(start)
          expect(token.text).not.toBe('')
          start += token.text.length
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('quoted as a string or identifier is one token, and comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        for (const quoted of [literal(text), identifier(text), `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`]) {
          const tokens = tokenize(quoted)
          expect(tokens).toHaveLength(1)
          expect(unquote(tokens[0]!)).toBe(text)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

test.each([
  ['SELECT 1 -- x\n, 2', ['SELECT', '1', ',', '2']],
  ['SELECT 1 /* a /* b */ c */ , 2', ['SELECT', '1', ',', '2']],
  ['SELECT 1 // x\n, 2', ['SELECT', '1', ',', '2']],
  ['SELECT # x\n 1', ['SELECT', '1']],
  ['a#b', ['a', '#', 'b']],
  ["'a''b' 'c\\'d'", ["'a''b'", "'c\\'d'"]],
  ['`a``b`.`c`', ['`a``b`', '.', '`c`']],
  ["$x$ it's -- $x$ y", ["$x$ it's -- $x$", 'y']],
  ['1e-3-2', ['1e-3', '-', '2']],
  ['x.1', ['x', '.1']],
  ["{{ ref('a') }}", ['{{', 'ref', '(', "'a'", ')', '}}']],
  ['{id:UInt64}', ['{', 'id', ':', 'UInt64', '}']],
])('%s', (text, tokens) => {
  expect(significant(tokenize(text)).map((token) => token.text)).toEqual(tokens)
})

test.each(["SELECT 'abc", 'SELECT `abc', 'SELECT "abc', "SELECT 'a\\'", 'SELECT /* a /* b */'])('%s does not close', (text) => {
  expect(tokenize(text).at(-1)!.kind).toBe('unclosed')
})

describe('ClickHouse reads the same', () => {
  let server: TestWarehouse
  let warehouse: ClickHouseWarehouse

  beforeAll(async () => {
    server = await startTestWarehouse()
    warehouse = createClickHouse(server)
  })
  afterAll(async () => {
    await warehouse?.close()
    await server?.stop()
  })

  test('strings and comments', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme-ascii', maxLength: 8 }).map((text) => ({ sql: literal(text), value: text as string | undefined })),
      fc.stringMatching(/^[a-z '"`{}*-]{0,8}$/).map((text) => ({ sql: `/*${text}*/`, value: undefined })),
      fc.stringMatching(/^[a-z '"`{}*-]{0,8}$/).map((text) => ({ sql: `--${text}\n`, value: undefined })),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), async (pieces) => {
        const values = pieces.flatMap(({ value }) => (value === undefined ? [] : [value]))
        if (values.length === 0) return
        let first = true
        const list = pieces.map(({ sql, value }) => {
          if (value === undefined) return sql
          const separator = first ? '' : ','
          first = false
          return separator + sql
        })
        const text = `SELECT [${list.join(' ')}] AS value`
        const mine = significant(tokenize(text))
          .filter(({ kind }) => kind === 'string')
          .map(unquote)
        expect(mine).toEqual(values)
        expect((await queryRows<{ value: string[] }>(warehouse, text))[0]!.value).toEqual(mine)
      }),
      { numRuns: 100 },
    )
  })
})
