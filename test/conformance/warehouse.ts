import { expect, it } from 'vitest'
import { collect } from '#core/lib/batch.ts'
import { queryRows, type Warehouse, type WarehouseRow } from '#core/warehouse/port.ts'

/**
 * What every adapter of the warehouse port must do. `setUp` gives one over a real ClickHouse with an
 * empty database `conformance`, and one that points to a port where nobody listens.
 */
export function warehouseConformance(setUp: () => { warehouse: Warehouse; unreachable: Warehouse; wrongPassword: Warehouse }): void {
  const table = { database: 'conformance', table: 'weird `name`' }
  it('returns 64-bit integers as strings and binds parameters on the server', async () => {
    const rows = await queryRows(
      setUp().warehouse,
      'SELECT toUInt64({n:UInt64}) AS big, {s:String} AS text, {a:Array(Nullable(String))} AS list',
      {
        params: { n: '18446744073709551615', s: "it's; DROP", a: ['x', null] },
      },
    )
    expect(rows).toEqual([{ big: '18446744073709551615', text: "it's; DROP", list: ['x', null] }])
  })

  it('streams a large result in blocks', async () => {
    let rows = 0
    let blockCount = 0
    for await (const block of setUp().warehouse.query('SELECT number FROM numbers(300000)')) {
      rows += block.length
      blockCount++
    }
    expect(rows).toBe(300_000)
    expect(blockCount).toBeGreaterThan(1)
  })

  it('inserts blocks into a quoted table and counts what was written', async () => {
    const { warehouse } = setUp()
    await warehouse.command('CREATE TABLE conformance.`weird \\`name\\`` (id UInt32, `the text` String) ENGINE = MergeTree ORDER BY id')
    const summary = await warehouse.insert(table, blocks([{ id: 1, 'the text': 'a\nb"' }], [], [{ id: 2, 'the text': '\u0000é' }]), {
      columns: ['id', 'the text'],
    })
    expect(summary.rowsWritten).toBe(2)
    expect(await collect(warehouse.query('SELECT * FROM conformance.`weird \\`name\\`` ORDER BY id'))).toEqual([
      { id: 1, 'the text': 'a\nb"' },
      { id: 2, 'the text': '\u0000é' },
    ])
  })

  it('makes a repeated insert with the same token a no-op', async () => {
    const { warehouse } = setUp()
    await warehouse.command(
      'CREATE TABLE conformance.dedup (id UInt32) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100',
    )
    const name = { database: 'conformance', table: 'dedup' }
    for (let time = 0; time < 2; time++) await warehouse.insert(name, blocks([{ id: 1 }, { id: 2 }]), { deduplicationToken: 'same' })
    expect(await queryRows(warehouse, 'SELECT count() AS n FROM conformance.dedup')).toEqual([{ n: '2' }])
  })

  it('throws the error of the rows themselves when their source fails, and keeps nothing of that block', async () => {
    const { warehouse } = setUp()
    await warehouse.command('CREATE TABLE conformance.failing (id UInt32) ENGINE = MergeTree ORDER BY id')
    await expect(warehouse.insert({ database: 'conformance', table: 'failing' }, failing())).rejects.toThrow('the source broke')
    await expect.poll(() => queryRows(warehouse, 'SELECT count() AS n FROM conformance.failing')).toEqual([{ n: '0' }])
  })

  it("carries ClickHouse's own text when it refuses a statement", async () => {
    await expect(queryRows(setUp().warehouse, 'SELECT nope FROM system.one')).rejects.toMatchObject({
      code: 'warehouse-error',
      fault: 'config',
      message: expect.stringContaining('nope'),
    })
  })

  it('reports an error that comes in the middle of a result', async () => {
    await expect(queryRows(setUp().warehouse, 'SELECT throwIf(number = 500000) FROM numbers(1000000)')).rejects.toMatchObject({
      code: 'warehouse-error',
    })
  })

  it('stops when the signal aborts', async () => {
    const sql = 'SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1'
    await expect(queryRows(setUp().warehouse, sql, { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('tells an absent server from a wrong password', async () => {
    await expect(queryRows(setUp().unreachable, 'SELECT 1')).rejects.toMatchObject({ code: 'warehouse-unreachable', retryable: true })
    await expect(queryRows(setUp().wrongPassword, 'SELECT 1')).rejects.toMatchObject({ code: 'warehouse-auth', retryable: false })
  })
}

async function* blocks(...input: WarehouseRow[][]) {
  yield* input
}

async function* failing() {
  yield [{ id: 1 }]
  throw new Error('the source broke')
}
