import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readStatement } from '#desktop/warehouse/engine/statement.ts'
import { tokens, unquote } from '#desktop/warehouse/engine/token.ts'

describe('tokens', () => {
  test('cover the statement in order, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aF1 \'"`\\$;(){}[]-#/*!.=,\n\té'.split('')), maxLength: 60 }), (sql) => {
        let at = 0
        for (const token of tokens(sql)) {
          expect(token.start).toBeGreaterThanOrEqual(at)
          expect(sql.slice(token.start, token.end)).toBe(token.text)
          at = token.end
        }
        readStatement(sql)
      }),
      { numRuns: 3000 },
    )
  })
  test('a string literal is one token, whatever it holds, and says what was put in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const literal = `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
        const [only, ...more] = [...tokens(` ${literal} `)]
        expect(more).toEqual([])
        expect([only!.kind, unquote(only!)]).toEqual(['string', value])
      }),
    )
  })
})

describe('where the data of an INSERT starts', () => {
  test.each([
    ['INSERT INTO t FORMAT CSV\n1,2', 'CSV', '\n1,2'],
    ['INSERT INTO t VALUES (1)', 'Values', ' (1)'],
    ['insert into t(a, `format`, b) values(1)', 'Values', '(1)'],
    ["INSERT INTO t SETTINGS a = 'FORMAT X' FORMAT TSV\nx", 'TSV', '\nx'],
    ['INSERT INTO db.values FORMAT JSONEachRow {}', 'JSONEachRow', ' {}'],
    ['INSERT INTO values VALUES (1)', 'Values', ' (1)'],
    ["INSERT INTO TABLE FUNCTION file('x', CSV) VALUES (1)", 'Values', ' (1)'],
    ['/* FORMAT X */ INSERT -- VALUES\nINTO t FORMAT Values (1)', 'Values', ' (1)'],
    ["INSERT INTO t SELECT * FROM input('a UInt8') FORMAT CSV\n1", 'CSV', '\n1'],
    ['WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM input() FORMAT CSV 1', 'CSV', ' 1'],
  ])('%s', (sql, format, data) => {
    const statement = readStatement(sql)
    expect([statement.kind, statement.format, sql.slice(statement.text.length)]).toEqual(['data', format, data])
  })
  test.each([
    'INSERT INTO t SELECT 1',
    'INSERT INTO t SELECT 1 FORMAT CSV',
    'INSERT INTO t SELECT * FROM values(1, 2)',
    'INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x',
    'INSERT INTO t',
  ])('%s has none', (sql) => {
    expect(readStatement(sql)).toMatchObject({ kind: 'other', verb: 'INSERT' })
  })
})

describe('one statement', () => {
  test.each([
    ['SELECT 1;', undefined],
    ["SELECT ';' ; -- end", undefined],
    ['SELECT 1; SELECT 2', 10],
    ['SELECT 1;;', 9],
    ['DROP TABLE a; DROP TABLE b', 14],
  ])('%s', (sql, secondAt) => {
    expect(readStatement(sql).secondAt).toBe(secondAt)
  })
  test.each([
    ['SELECT 1', 'rows'],
    ['(SELECT 1) UNION ALL (SELECT 2)', 'rows'],
    ['WITH 1 AS x SELECT x', 'rows'],
    ['FROM t SELECT a', 'rows'],
    ['SHOW TABLES', 'other'],
    ['CREATE TABLE t AS SELECT 1', 'other'],
    ['', 'other'],
  ])('%s sends %s', (sql, kind) => {
    expect(readStatement(sql).kind).toBe(kind)
  })
})
