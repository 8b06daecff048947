import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StreamRequest } from '#core/connector/source.ts'
import { unwrap } from '#core/lib/result.ts'
import { runSource } from '#core/pipeline/run.ts'
import { queryRows } from '#core/warehouse/port.ts'
import type { MysqlConfig } from '#desktop/connector/mysql/config.ts'
import { mysql } from '#desktop/connector/mysql/index.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { authority, writeCertificate } from '#test/fixture/certificate.ts'
import { noMariaDb, startMariaDb, type TestMariaDb } from '#test/fixture/mariadb.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { mysqlEdges as edges } from '#test/fixture/mysql-edges.ts'
import { readStream } from '#test/fixture/source-reader.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

if (noMariaDb !== undefined) process.stderr.write(`The tests of the MySQL source are skipped: ${noMariaDb}.\n`)

const read = async (config: MysqlConfig, name: string, more: Partial<StreamRequest> = {}) => {
  const outcome = await readStream(mysql, config, { name, mode: 'full-refresh', ...more })
  expect(outcome.error).toBeUndefined()
  return outcome
}

describe.skipIf(noMariaDb !== undefined)('the MySQL source', () => {
  let server: TestMariaDb
  let target: TestWarehouse
  let warehouse: ClickHouseWarehouse

  beforeAll(async () => {
    ;[server, target] = await Promise.all([startMariaDb(), startTestWarehouse()])
    warehouse = createClickHouse(target)
  })

  afterAll(async () => {
    await warehouse?.close()
    await target?.stop()
    await server?.stop()
  })

  async function createDatabase(...statements: string[]): Promise<MysqlConfig> {
    return mysql.config.parse(await server.createDatabase(statements))
  }

  test('tells tables and views with keys, types and cursors', async () => {
    const config = await createDatabase(
      `CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, n INT NOT NULL, d DECIMAL(10,2), j JSON, e ENUM('a','it''s') NOT NULL, s SET('x','y'),
        updated_at TIMESTAMP NOT NULL, b VARBINARY(9), day DATE)`,
      'CREATE TABLE pairs (a VARCHAR(10), b INT, PRIMARY KEY (b, a))',
      'CREATE VIEW v AS SELECT id, updated_at FROM t',
    )
    const { streams } = unwrap(await mysql.discover(config, testRuntime()))
    const [pairs, t, v] = streams
    expect(t).toEqual({
      name: 't',
      schema: {
        type: 'object',
        properties: {
          id: {},
          n: { type: 'integer' },
          d: { type: ['string', 'null'], format: 'decimal' },
          j: {},
          e: { type: 'string', enum: ['a', "it's"] },
          s: { type: 'array', items: { type: 'string' } },
          updated_at: { type: 'string', format: 'date-time' },
          b: { type: ['string', 'null'], contentEncoding: 'base64' },
          day: { type: ['string', 'null'], format: 'date' },
        },
      },
      primaryKey: [['id']],
      cursorField: ['updated_at'],
      modes: ['full-refresh', 'incremental'],
      resumable: true,
    })
    expect(pairs).toMatchObject({ primaryKey: [['b'], ['a']], modes: ['full-refresh'] })
    expect(v).toMatchObject({ primaryKey: [], cursorField: ['updated_at'] })
  })

  test('tells values exactly, times in UTC', async () => {
    const config = await createDatabase(...edges.table, ...edges.rows)
    expect((await read(config, 'edges')).records).toEqual(edges.records)
  })

  test.each([
    ['VARCHAR(20) CHARACTER SET latin1', "CONCAT('É''\\\\', seq)"],
    ['VARBINARY(8)', 'UNHEX(LPAD(HEX(seq * 77), 8, 0))'],
    ['DECIMAL(20, 5)', 'seq / 7'],
    ['DATETIME(6)', "'2026-01-01' + INTERVAL seq * 777 MICROSECOND"],
    ['TIMESTAMP(3)', "'2026-10-25 00:00:00' + INTERVAL seq SECOND"],
    ['BIGINT UNSIGNED', '18446744073709551615 - seq'],
    ['TIME', 'SEC_TO_TIME(CAST(seq AS SIGNED) - 2000)'],
  ])('takes a broken refresh up again by a key of %s', async (type, value) => {
    const config = await createDatabase(
      `CREATE TABLE t (k ${type}, n INT, PRIMARY KEY (k, n))`,
      `INSERT INTO t SELECT ${value}, seq % 3 FROM seq_1_to_4000`,
    )
    const whole = (await read(config, 't')).records
    expect(whole).toHaveLength(4000)
    for (const breakAt of [0, 2]) {
      let left = breakAt
      const first = await readStream(mysql, config, { name: 't', mode: 'full-refresh' }, ({ type }) => type === 'state' && left-- === 0)
      const rest = await read(config, 't', { state: first.states.at(-1)! })
      expect(first.records.length).toBeLessThan(4000)
      expect([...first.records, ...rest.records]).toEqual(whole)
    }
  })

  test('reads incrementally from the last cursor value, included, and ranges in any zone', async () => {
    const config = await createDatabase(
      'CREATE TABLE t (id CHAR(1) PRIMARY KEY, updated_at TIMESTAMP NULL)',
      "SET time_zone = '+00:00'",
      "INSERT INTO t VALUES ('n', NULL), ('b', '2026-01-01 00:00:00'), ('c', '2026-01-01 00:00:01')",
    )
    const ids = async (more: Partial<StreamRequest>) => {
      const { records, states } = await read(config, 't', { mode: 'incremental', ...more })
      return { ids: records.map(({ id }) => id), state: states.at(-1)! }
    }
    const first = await ids({})
    expect(first.ids).toEqual(['n', 'b', 'c'])
    await server.run("INSERT INTO t VALUES ('a', '2026-01-01 00:00:01'), ('d', '2026-01-01 00:00:02')")
    const second = await ids({ state: first.state })
    expect(second.ids).toEqual(['a', 'c', 'd'])
    expect((await ids({ state: second.state })).ids).toEqual(['d'])
    expect((await ids({ range: { from: '2026-01-01T02:00:00+02:00', to: '2026-01-01T00:00:01Z' } })).ids).toEqual(['b'])
  })

  test('the warehouse equals the database after changes, run by run', async () => {
    const config = await createDatabase(
      'CREATE TABLE orders (id BIGINT PRIMARY KEY, customer VARCHAR(40), total DECIMAL(10, 2), updated_at DATETIME(3) NOT NULL)',
      'CREATE TABLE logs (at DATETIME, line TEXT)',
    )
    const state = memoryState()
    for (let round = 0; round < 3; round++) {
      await server.run(
        `REPLACE INTO orders SELECT seq * ${round + 1} + 9007199254740000, CONCAT('c ', seq, ' of ${round}'), seq / 3, '2026-01-0${round + 1}' + INTERVAL seq % 50 SECOND FROM seq_1_to_3000`,
        `INSERT INTO logs SELECT '2026-01-01', CONCAT('line ', seq) FROM seq_1_to_500`,
      )
      const result = await runSource({
        source: mysql,
        config: { ...config },
        sourceName: config.database,
        database: config.database,
        state,
        warehouse,
        runtime: testRuntime(),
        runId: `run-${round}`,
      })
      expect(result).toMatchObject({ status: 'succeeded', counts: { row_errors: 0 } })
      expect(
        await queryRows(
          warehouse,
          `SELECT toString(id) AS id, customer, toString(total) AS total, toString(updated_at) AS updated_at FROM ${config.database}.orders ORDER BY orders.id`,
        ),
      ).toEqual(await server.rows('SELECT CAST(id AS CHAR) AS id, customer, total, updated_at FROM orders ORDER BY orders.id'))
      expect(await queryRows(warehouse, `SELECT count() AS n FROM ${config.database}.logs`)).toEqual([{ n: String(500 * (round + 1)) }])
    }
  })

  test('errors say what is wrong and what to do', async () => {
    const config = await createDatabase('CREATE TABLE orders (id INT PRIMARY KEY)')
    await server.run("CREATE OR REPLACE USER nobody@'%' IDENTIFIED BY 'secret'")
    const failure = async (changes: Partial<MysqlConfig>) => {
      const result = await mysql.check({ ...config, ...changes }, testRuntime())
      return result.ok ? undefined : result.error.toJSON()
    }
    expect(await failure({})).toBeUndefined()
    expect(await failure({ password: 'wrong' })).toMatchObject({ code: 'database-auth', fault: 'config' })
    expect(await failure({ database: 'nowhere' })).toMatchObject({ code: 'no-such-database', fault: 'config' })
    expect(await failure({ user: 'nobody' })).toMatchObject({
      code: 'no-privilege',
      fault: 'config',
      mend: expect.stringContaining('GRANT SELECT'),
    })
    expect(await failure({ port: 1 })).toMatchObject({ code: 'database-unreachable', fault: 'transient' })
    expect(await failure({ ssl: 'require' })).toMatchObject({ code: 'no-tls', fault: 'config' })
    expect(await failure({ cursors: { orders: 'di' } })).toMatchObject({ code: 'invalid-cursor', mend: 'Did you mean "id"?' })
    expect((await readStream(mysql, config, { name: 'order', mode: 'full-refresh' })).error).toMatchObject({ code: 'unknown-stream' })
  })

  test('an encrypted connection trusts whom the settings say', async () => {
    const certificate = writeCertificate(tempFolder())
    const encrypted = await startMariaDb(
      `--ssl-ca=${certificate.caFile}`,
      `--ssl-cert=${certificate.certFile}`,
      `--ssl-key=${certificate.keyFile}`,
      '--require-secure-transport=ON',
    )
    try {
      await encrypted.run('CREATE DATABASE app', 'CREATE TABLE app.t (id INT PRIMARY KEY)', 'INSERT INTO app.t VALUES (1)')
      const { port, user, password } = encrypted
      const base = { host: '127.0.0.1', port, database: 'app', user, password, replication: 'binlog' }
      const configOf = (changes: object) => mysql.config.parse({ ...base, ...changes })
      const code = async (changes: object) => {
        const result = await mysql.check(configOf(changes), testRuntime())
        return result.ok ? 'ok' : result.error.code
      }
      const ca = authority
      expect(await code({ ssl: 'require' })).toBe('ok')
      expect(await code({ ssl: 'verify-ca', ca })).toBe('ok')
      expect(await code({ ssl: 'verify-ca' })).toBe('untrusted-certificate')
      expect(await code({ ssl: 'verify-full', ca, host: 'localhost' })).toBe('ok')
      expect(await code({ ssl: 'verify-full', host: 'localhost' })).toBe('untrusted-certificate')
      const { states } = await read(configOf({ ssl: 'verify-ca', ca }), 't', { mode: 'incremental' })
      await encrypted.run('INSERT INTO app.t VALUES (2)')
      const { records } = await read(configOf({ ssl: 'verify-ca', ca }), 't', { mode: 'incremental', state: states.at(-1)! })
      expect(records).toEqual([{ id: 2 }])
    } finally {
      await encrypted.stop()
    }
  })
})
