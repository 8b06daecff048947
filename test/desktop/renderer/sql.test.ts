import { assert, nat, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chartOf } from '#desktop/renderer/screens/sql/chart-data.ts'
import { errorRange } from '#desktop/renderer/screens/sql/error-range.ts'
import { exportRows } from '#desktop/renderer/screens/sql/export-rows.ts'
import { formatSql } from '#desktop/renderer/screens/sql/format-sql.ts'
import { quote } from '#desktop/renderer/screens/sql/open-table.ts'

const at = (message: string, sql: string, offset = 0) => {
  const range = errorRange(message, sql, offset)
  return range && { text: sql.slice(range.from - offset, range.to - offset), from: range.from }
}

describe('the place an error names', () => {
  it.each([
    ["Code: 62. DB::Exception: Syntax error: failed at position 8 ('FORM') (line 1, col 8): FORM x", 'SELECT FORM x', 'FORM'],
    ['Syntax error: failed at position 8 (FORM): FORM x', 'SELECT FORM x', 'FORM'],
    ['Syntax error: failed at position 8', 'SELECT FORM x', 'FORM'],
    ["Syntax error: failed at position 26 ('WHERE') (line 2, col 1)", 'SELECT 1, 2 FROM numbers\nWHERE WHERE', 'WHERE'],
    ['Unknown expression identifier `usr_id` in scope SELECT usr_id FROM t', 'SELECT usr_id FROM t', 'usr_id'],
    ["Unknown expression or function identifier 'conut' in scope", 'SELECT conut(x)', 'conut'],
    ["Unknown table expression identifier 'events.trakcs' in scope", 'SELECT * FROM events.trakcs', 'events.trakcs'],
    ['Table events.nothing does not exist. Maybe you meant events.all?', 'SELECT * FROM events.nothing', 'events.nothing'],
    ['Function with name `coutn` does not exist. In scope SELECT coutn(1).', 'SELECT coutn(1)', 'coutn'],
  ])('%s', (message, sql, text) => {
    expect(at(message, sql)?.text).toBe(text)
  })

  it('counts bytes as ClickHouse does, and moves with the statement', () => {
    const sql = "SELECT 'ü🧵' FORM x"
    const position = new TextEncoder().encode(sql.slice(0, sql.indexOf('FORM'))).length + 1
    expect(at(`Syntax error: failed at position ${position} ('FORM')`, sql, 40)).toEqual({ text: 'FORM', from: 40 + sql.indexOf('FORM') })
  })

  it('is none where the message names none, and never lies outside of the text', () => {
    expect(at('Timeout exceeded: elapsed 30 seconds', 'SELECT 1')).toBeUndefined()
    assert(
      property(string(), nat(200), string(), (sql, position, token) => {
        const range = errorRange(`failed at position ${position} ('${token}')`, sql, 0)
        return range === undefined || (range.from >= 0 && range.to <= sql.length && range.from <= range.to)
      }),
    )
  })
})

describe('copied rows', () => {
  const columns = ['a', 'b'].map((name) => ({ name, type: 'String' }))

  it('are CSV that a reader of RFC 4180 takes back apart', () => {
    expect(
      exportRows(
        {
          columns,
          rows: [
            ['x, "y"', null],
            ['line\nbreak', { k: 1 }],
          ],
        },
        'csv',
      ),
    ).toBe('a,b\r\n"x, ""y""",\r\n"line\nbreak","{""k"":1}"')
  })

  it('are TSV with ClickHouse’s escapes', () => {
    expect(
      exportRows(
        {
          columns,
          rows: [
            ['tab\there', null],
            ['back\\slash', 'line\nbreak'],
          ],
        },
        'tsv',
      ),
    ).toBe('a\tb\ntab\\there\t\\N\nback\\\\slash\tline\\nbreak')
  })

  it('are JSON objects by column', () => {
    expect(JSON.parse(exportRows({ columns, rows: [[1, null]] }, 'json'))).toEqual([{ a: 1, b: null }])
  })
})

const column = (name: string, type: string) => ({ name, type })

describe('a chart', () => {
  it('draws numbers over the first column that is none, in order of time', () => {
    const rows = [
      ['2026-01-02', '20', 1],
      ['2026-01-01', '10', null],
    ]
    expect(chartOf({ columns: [column('day', 'Date'), column('n', 'UInt64'), column('x', 'Nullable(Float64)')], rows })).toEqual({
      kind: 'line',
      labels: ['2026-01-01', '2026-01-02'],
      series: [
        { name: 'n', values: [10, 20] },
        { name: 'x', values: [null, 1] },
      ],
    })
  })

  it('is not offered where it says nothing', () => {
    expect(chartOf({ columns: [column('a', 'String')], rows: [['x'], ['y']] })).toBeUndefined()
    expect(chartOf({ columns: [column('n', 'UInt8')], rows: [[1], [2]] })).toBeUndefined()
    expect(chartOf({ columns: [column('a', 'String'), column('n', 'UInt8')], rows: [['x', 1]] })).toBeUndefined()
  })
})

it('formats ClickHouse’s SQL, and leaves alone what it cannot read', () => {
  expect(formatSql('select a,count() from events.tracks final where b in (1,2) group by a limit 5 by a')).toContain('GROUP BY\n    a')
  expect(formatSql("select 'open")).toBeUndefined()
})

it('quotes names only where they need it', () => {
  expect([quote('events'), quote('order-items'), quote('a`b'), quote('1st')]).toEqual(['events', '`order-items`', '`a\\`b`', '`1st`'])
})
