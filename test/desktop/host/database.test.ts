import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { migrateDatabase, openDatabase, type StateDatabase } from '#desktop/host/database.ts'
import { migrations } from '#desktop/host/migrations.ts'
import { createStateStore } from '#desktop/host/state-store.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

function schema(database: StateDatabase): unknown {
  return database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all()
}

describe('the state database', () => {
  it('is made, and migrating it again changes nothing', () => {
    const path = join(tempFolder(), 'state.db')
    const first = openDatabase(path, { durable: true })
    const before = schema(first)
    expect(migrateDatabase(first, migrations)).toBe(0)
    first.close()
    const second = openDatabase(path, { durable: true })
    expect(schema(second)).toEqual(before)
    expect(second.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(second.pragma('foreign_keys', { simple: true })).toBe(1)
    second.close()
  })

  it('syncs every commit where that was asked for', () => {
    const path = join(tempFolder(), 'state.db')
    const durable = openDatabase(path, { durable: true })
    const quick = openDatabase(path, { durable: false })
    expect([durable, quick].map((database) => database.pragma('synchronous', { simple: true }))).toEqual([2, 1])
    durable.close()
    quick.close()
  })

  it('runs only the migrations that are new, and keeps what is there', () => {
    const path = join(tempFolder(), 'state.db')
    const old = openDatabase(path, { durable: true, steps: ['CREATE TABLE a (x)'] })
    old.exec('INSERT INTO a VALUES (1)')
    old.close()
    const current = openDatabase(path, { durable: true, steps: ['CREATE TABLE a (x)', 'ALTER TABLE a ADD COLUMN y DEFAULT 2'] })
    expect(current.prepare('SELECT * FROM a').all()).toEqual([{ x: 1, y: 2 }])
    current.close()
  })

  it('undoes a migration that fails, whole', () => {
    const path = join(tempFolder(), 'state.db')
    expect(() => openDatabase(path, { durable: true, steps: ['CREATE TABLE a (x)', 'CREATE TABLE b (x); SELECT nonsense'] })).toThrow(
      /cannot be used/,
    )
    const database = openDatabase(path, { durable: true, steps: ['CREATE TABLE a (x)'] })
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()).toEqual(['a'])
    database.close()
  })

  it('refuses a database that a newer Millrace wrote, and leaves it alone', () => {
    const path = join(tempFolder(), 'state.db')
    const newer = openDatabase(path, { durable: true })
    newer.pragma(`user_version = ${migrations.length + 1}`)
    newer.close()
    expect(() => openDatabase(path, { durable: true })).toThrow(
      expect.objectContaining({ code: 'state-newer', fault: 'config', mend: expect.any(String) }),
    )
  })

  it('says so when the file is no database', () => {
    const path = join(tempFolder(), 'state.db')
    writeFileSync(path, 'This is a letter to my aunt. '.repeat(100))
    expect(() => openDatabase(path, { durable: true })).toThrow(expect.objectContaining({ code: 'state-broken' }))
  })

  it.skipIf(process.getuid?.() === 0)('says so when it cannot be written', () => {
    const folder = tempFolder()
    chmodSync(folder, 0o500)
    expect(() => openDatabase(join(folder, 'state.db'), { durable: true })).toThrow(expect.objectContaining({ code: 'state-broken' }))
  })

  it('keeps cursors: each by source and stream, the latest, across a restart', async () => {
    const path = join(tempFolder(), 'state.db')
    const database = openDatabase(path, { durable: true })
    const store = createStateStore(database)
    expect(await store.get('crm', 'leads')).toBeUndefined()
    await store.set('crm', 'leads', { version: 1, value: { since: '2026-01-01' }, at: 5 })
    await store.set('crm', 'leads', { version: 2, value: null, at: 6 })
    await store.set('crm', 'accounts', { version: 1, value: ['a', 1, true], at: 7 })
    await store.set('payments', 'orders', { version: 1, value: 'x', at: 8 })
    database.close()

    const again = openDatabase(path, { durable: true })
    const reopened = createStateStore(again)
    expect(await reopened.get('crm', 'leads')).toMatchObject({ version: 2, value: null, at: 6 })
    expect((await reopened.list('crm')).map((state) => state.stream)).toEqual(['accounts', 'leads'])
    expect(await reopened.list()).toHaveLength(3)
    await reopened.delete('crm', 'leads')
    expect(await reopened.get('crm', 'leads')).toBeUndefined()
    again.close()
  })
})
