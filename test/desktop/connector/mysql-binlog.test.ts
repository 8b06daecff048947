import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceMessage, StreamRequest } from '#core/connector/source.ts'
import type { Json, JsonObject } from '#core/lib/json.ts'
import { runSource } from '#core/pipeline/run.ts'
import { queryRows } from '#core/warehouse/port.ts'
import type { MysqlConfig } from '#desktop/connector/mysql/config.ts'
import { mysql } from '#desktop/connector/mysql/index.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { noMariaDb, startMariaDb, type TestMariaDb } from '#test/fixture/mariadb.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { mysqlEdges as edges } from '#test/fixture/mysql-edges.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { readStream } from '#test/fixture/source-reader.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

if (noMariaDb !== undefined) process.stderr.write(`The tests of following a binary log are skipped: ${noMariaDb}.\n`)

describe.skipIf(noMariaDb !== undefined)('following the binary log', () => {
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
    return mysql.config.parse({ ...(await server.createDatabase(statements)), replication: 'binlog' })
  }

  /** What an application does meanwhile. */
  const write = async (round: number) => {
    await server.run(
      `UPDATE t SET n = n + 1 WHERE id % 13 = ${round % 13}`,
      `DELETE FROM t WHERE id % 101 = ${round % 101}`,
      `INSERT IGNORE INTO t (id, n, v) SELECT seq + ${20_000 + round * 50}, ${round}, 'new' FROM seq_1_to_60`,
      `UPDATE IGNORE t SET id = id + 500000 WHERE id % 997 = ${round}`,
      'REPLACE INTO other SELECT seq FROM seq_1_to_9',
      ...(round % 5 === 0 ? ['FLUSH BINARY LOGS'] : []),
    )
  }

  /** Ends the connections of the source. */
  const killAll = async () => {
    for (const { Id } of await server.rows<{ Id: number }>("SELECT ID AS Id FROM information_schema.PROCESSLIST WHERE USER = 'reader'")) {
      await server.run(`KILL ${Id}`).catch(() => undefined)
    }
  }

  /** What a warehouse would hold of one stream: the rows by key, and the last state. */
  class Copy {
    readonly rows = new Map<string, JsonObject>()
    state: Json | undefined
    private readonly config: MysqlConfig
    private readonly name: string
    private readonly key: readonly string[]

    constructor(config: MysqlConfig, name: string, ...key: string[]) {
      this.config = config
      this.name = name
      this.key = key
    }

    /** Reads on from the last state, until the end or until `stop`. */
    async read(stop: (message: SourceMessage) => boolean | Promise<boolean> = () => false) {
      const request: StreamRequest = { name: this.name, mode: 'incremental', ...(this.state === undefined ? {} : { state: this.state }) }
      return readStream(mysql, this.config, request, (message) => {
        if (message.type === 'records') for (const record of message.records) this.rows.set(this.keyOf(record), record)
        else if (message.type === 'deletes') for (const key of message.keys) this.rows.delete(this.keyOf(key))
        else if (message.type === 'state') this.state = message.state
        return stop(message)
      })
    }

    async expectEqual(): Promise<void> {
      const { records } = await readStream(mysql, this.config, { name: this.name, mode: 'full-refresh' })
      const sorted = (rows: Iterable<JsonObject>) => [...rows].toSorted((a, b) => (this.keyOf(a) < this.keyOf(b) ? -1 : 1))
      expect(sorted(this.rows.values())).toEqual(sorted(records))
    }

    private keyOf(record: JsonObject): string {
      return JSON.stringify(this.key.map((name) => record[name]))
    }
  }

  test('tells values as a snapshot tells them', async () => {
    const config = await createDatabase(...edges.table)
    const copy = new Copy(config, 'edges', 'id')
    expect((await copy.read()).records).toEqual([])
    await server.run(...edges.rows)
    expect((await copy.read()).records).toEqual(edges.records)
  })

  test('tells inserts, updates and deletes in order, a changed key as both, and nothing twice', async () => {
    const config = await createDatabase(
      'CREATE TABLE t (a INT, b VARCHAR(9), n INT, PRIMARY KEY (b, a))',
      "INSERT INTO t VALUES (1, 'x', 0), (2, 'x', 0)",
    )
    const copy = new Copy(config, 't', 'b', 'a')
    await copy.read()
    await server.run(
      "INSERT INTO t VALUES (3, 'y', 1)",
      "UPDATE t SET n = 5 WHERE b = 'x'",
      "UPDATE t SET b = 'z' WHERE a = 1",
      'DELETE FROM t WHERE a = 2',
      "INSERT INTO t VALUES (2, 'x', 7)",
    )
    const messages: SourceMessage[] = []
    await copy.read((message) => messages.push(message) === 0)
    expect(messages.slice(0, -2)).toEqual([
      {
        type: 'records',
        stream: 't',
        records: [
          { a: 3, b: 'y', n: 1 },
          { a: 1, b: 'x', n: 5 },
          { a: 2, b: 'x', n: 5 },
        ],
      },
      { type: 'deletes', stream: 't', keys: [{ a: 1, b: 'x' }] },
      { type: 'records', stream: 't', records: [{ a: 1, b: 'z', n: 5 }] },
      { type: 'deletes', stream: 't', keys: [{ a: 2, b: 'x' }] },
      { type: 'records', stream: 't', records: [{ a: 2, b: 'x', n: 7 }] },
    ])
    await copy.expectEqual()
    for (const meanwhile of [[], ['FLUSH BINARY LOGS'], ['FLUSH BINARY LOGS', 'FLUSH BINARY LOGS'], ['CREATE TABLE late (id INT)']]) {
      await server.run(...meanwhile)
      const again = await copy.read()
      expect([again.records, again.deletes, again.error]).toEqual([[], [], undefined])
    }
  })

  test('equals the database after reads broken off anywhere while an application writes', async () => {
    const config = await createDatabase(
      'CREATE TABLE t (id INT PRIMARY KEY, n INT, v VARCHAR(200))',
      "INSERT INTO t SELECT seq, 0, REPEAT('x', 150) FROM seq_1_to_20000",
      'CREATE TABLE other (id INT PRIMARY KEY)',
    )
    const copy = new Copy(config, 't', 'id')
    for (let round = 0; round < 12; round++) {
      let left = round
      let writes = 0
      await copy.read(async ({ type }) => {
        if (writes++ < 3) await write(round * 3 + writes)
        return type === 'state' && left-- === 0
      })
    }
    await copy.read()
    await copy.expectEqual()
    expect(copy.rows.size).toBeGreaterThan(10_000)
  })

  test('the warehouse equals the database, with runs cut off while an application writes', async () => {
    const config = await createDatabase(
      'CREATE TABLE t (id INT PRIMARY KEY, n INT, v VARCHAR(200), d DECIMAL(20, 4), at TIMESTAMP(3) NULL)',
      "INSERT INTO t SELECT seq, 0, REPEAT('é', 20), seq / 3, '2026-01-01 05:30:00' + INTERVAL seq SECOND FROM seq_1_to_12000",
      'CREATE TABLE other (id INT PRIMARY KEY)',
    )
    const state = memoryState()
    const run = (runId: string, signal: AbortSignal, progress: () => void) =>
      runSource({
        source: mysql,
        config: { ...config },
        sourceName: config.database,
        database: config.database,
        state,
        warehouse,
        runtime: testRuntime({ signal }),
        runId,
        progress,
        batch: { records: 700, bytes: 1_000_000 },
      })
    const statuses = new Set<string>()
    for (let round = 0; round < 8; round++) {
      const cut = new AbortController()
      let left = 4 + round * 2
      const running = run(`cut-${round}`, cut.signal, () => void (left-- === 0 && cut.abort(new Error('cut off'))))
      await write(round + 1)
      statuses.add((await running).status)
      if (round === 5)
        await server.run("ALTER TABLE t ADD COLUMN kind VARCHAR(9) NOT NULL DEFAULT 'plain'", "UPDATE t SET kind = 'fine' WHERE id % 7 = 0")
    }
    expect(statuses).toContain('cancelled')
    expect(await run('last', new AbortController().signal, () => undefined)).toMatchObject({
      status: 'succeeded',
      counts: { row_errors: 0 },
      streams: [{ mode: 'incremental_deduped' }, {}],
    })
    expect(
      await queryRows(
        warehouse,
        `SELECT toString(id) AS id, toString(n) AS n, v, d, toString(at) AS at, kind FROM ${config.database}.t ORDER BY t.id`,
      ),
    ).toEqual(
      await server.rows(
        `SELECT CAST(id AS CHAR) AS id, CAST(n AS CHAR) AS n, v, d, CONVERT_TZ(at, @@time_zone, '+00:00') AS at, kind FROM t ORDER BY t.id`,
      ),
    )
  })

  test('follows many tables from places of their own', async () => {
    const config = await createDatabase(
      'CREATE TABLE a (id INT PRIMARY KEY)',
      'CREATE TABLE b (id INT PRIMARY KEY)',
      'INSERT INTO a VALUES (1)',
    )
    const [a, b] = [new Copy(config, 'a', 'id'), new Copy(config, 'b', 'id')]
    await a.read()
    await server.run('INSERT INTO a VALUES (2)', 'INSERT INTO b VALUES (1)')
    await b.read()
    await server.run('INSERT INTO a VALUES (3)', 'INSERT INTO b VALUES (2)')
    const seen: JsonObject = {}
    const streams = [a, b].map((copy, index): StreamRequest => ({ name: 'ab'[index]!, mode: 'incremental', state: copy.state! }))
    for await (const message of mysql.read(config, { streams }, testRuntime())) {
      if (message.type === 'records')
        seen[message.stream] = [...((seen[message.stream] as Json[] | undefined) ?? []), ...message.records.map(({ id }) => id!)]
    }
    expect(seen).toEqual({ a: [2, 3], b: [2] })
  })

  test('goes with changes of the schema', async () => {
    const config = await createDatabase('CREATE TABLE t (id INT PRIMARY KEY, gone INT)', 'INSERT INTO t VALUES (1, 1), (2, 2)')
    const copy = new Copy(config, 't', 'id')
    await copy.read()
    await server.run(
      'INSERT INTO t VALUES (3, 3)',
      'ALTER TABLE t ADD COLUMN note VARCHAR(9)',
      "INSERT INTO t VALUES (4, 4, 'four')",
      "ALTER TABLE t DROP COLUMN gone, ADD COLUMN at TIMESTAMP NOT NULL DEFAULT '2026-01-01 05:30:00' AFTER id",
      "INSERT INTO t VALUES (5, '2026-01-02', 'five')",
      'DELETE FROM t WHERE id = 1',
    )
    expect((await copy.read()).error).toBeUndefined()
    await copy.expectEqual()
  })

  test('a table that was emptied or replaced ends alone, and says so until it is refreshed', async () => {
    const config = await createDatabase(
      'CREATE TABLE t (id INT PRIMARY KEY)',
      'CREATE TABLE u (id INT PRIMARY KEY)',
      'INSERT INTO t VALUES (1)',
    )
    const [t, u] = [new Copy(config, 't', 'id'), new Copy(config, 'u', 'id')]
    await t.read()
    await u.read()
    await server.run('TRUNCATE t', 'INSERT INTO u VALUES (1)')
    for (let round = 0; round < 2; round++) expect((await t.read()).error).toMatchObject({ code: 'table-replaced', fault: 'config' })
    expect((await u.read()).error).toBeUndefined()
    await u.expectEqual()
    t.state = undefined
    t.rows.clear()
    expect((await t.read()).error).toBeUndefined()
    await t.expectEqual()
  })

  test('a log that was purged, or is of another server, says so', async () => {
    const config = await createDatabase('CREATE TABLE t (id INT PRIMARY KEY)')
    const copy = new Copy(config, 't', 'id')
    await copy.read()
    await server.run('INSERT INTO t VALUES (1)', 'FLUSH BINARY LOGS', 'INSERT INTO t VALUES (2)')
    const [{ File: file } = { File: '' }] = await server.rows<{ File: string }>('SHOW MASTER STATUS')
    // A log goes only when InnoDB has what is in it on the disk.
    await eventually(async () => {
      await server.run(`PURGE BINARY LOGS TO '${file}'`)
      return (await server.rows<{ Log_name: string }>('SHOW BINARY LOGS'))[0]!.Log_name
    }).toBe(file)
    expect((await copy.read()).error).toMatchObject({ code: 'binlog-purged', fault: 'config', mend: expect.stringContaining('Refresh') })
    copy.state = { file: 'x.000001', position: 4, server: 'elsewhere' }
    expect((await copy.read()).error).toMatchObject({ code: 'other-server', fault: 'config' })
    copy.state = { cursor: 7 }
    expect((await copy.read()).error).toMatchObject({ code: 'invalid-state', fault: 'config' })
  })

  test('a server that took the place of another is followed by its GTIDs', async () => {
    const config = await createDatabase('CREATE TABLE t (id INT PRIMARY KEY)', 'INSERT INTO t VALUES (1)')
    const copy = new Copy(config, 't', 'id')
    await copy.read()
    await server.run('INSERT INTO t VALUES (2)')
    copy.state = { ...(copy.state as JsonObject), file: 'old.000009', position: 99, server: 'the one before' }
    expect((await copy.read()).records).toEqual([{ id: 2 }])
    await copy.expectEqual()
  })

  test('a connection that is lost is a passing failure, and the next read goes on', async () => {
    const config = await createDatabase(
      'CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100))',
      "INSERT INTO t SELECT seq, 'x' FROM seq_1_to_9000",
    )
    const copy = new Copy(config, 't', 'id')
    let states = 0
    const lost = await copy.read(async ({ type }) => {
      if (type === 'state' && ++states === 2) await killAll()
      return false
    })
    expect(lost.error).toMatchObject({ code: 'database-unreachable', fault: 'transient', retryable: true })
    expect(copy.rows.size).toBeGreaterThan(0)
    expect(copy.rows.size).toBeLessThan(9000)
    expect((await copy.read()).error).toBeUndefined()
    await copy.expectEqual()
  })

  test('a table without a key is read whole, and a user needs privileges', async () => {
    const config = await createDatabase(
      'CREATE TABLE t (n INT)',
      'CREATE TABLE u (id INT PRIMARY KEY)',
      "CREATE USER selecting@'%' IDENTIFIED BY 'secret'",
    )
    await server.run(`GRANT SELECT ON ${config.database}.* TO selecting@'%'`)
    const discovered = await mysql.discover(config, testRuntime())
    expect(discovered).toMatchObject({
      value: {
        streams: [
          { name: 't', modes: ['full-refresh'] },
          { name: 'u', modes: ['full-refresh', 'incremental'], tellsDeletes: true },
        ],
      },
    })
    const denied = { ...config, user: 'selecting' }
    expect(await mysql.check(denied, testRuntime())).toMatchObject({
      error: { code: 'no-privilege', mend: expect.stringContaining('REPLICATION') },
    })
  })

  test('settings of the server that lose changes are refused, with the statement that mends them', async () => {
    const config = await createDatabase('CREATE TABLE t (id INT PRIMARY KEY)')
    expect(await mysql.check(config, testRuntime())).toMatchObject({ ok: true })
    await server.run("SET GLOBAL binlog_row_metadata = 'NO_LOG'")
    try {
      expect(await mysql.check(config, testRuntime())).toMatchObject({
        error: { code: 'binlog-settings', mend: expect.stringContaining("SET GLOBAL binlog_row_metadata = 'FULL';") },
      })
      expect((await new Copy(config, 't', 'id').read()).error).toMatchObject({ code: 'binlog-settings' })
    } finally {
      await server.run("SET GLOBAL binlog_row_metadata = 'FULL'")
    }
  })

  test('a server without a log says so', async () => {
    const silent = await startMariaDb('--skip-log-bin')
    try {
      await silent.run('CREATE DATABASE app')
      const { port, user, password } = silent
      const config = mysql.config.parse({ host: '127.0.0.1', port, database: 'app', user, password, ssl: 'disable', replication: 'binlog' })
      expect(await mysql.check(config, testRuntime())).toMatchObject({ error: { code: 'binlog-off', fault: 'config' } })
    } finally {
      await silent.stop()
    }
  })
})
