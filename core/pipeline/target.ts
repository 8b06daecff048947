import { MillraceError } from '../lib/error.ts'
import type { Stream } from '../connector/source.ts'
import type { StreamSettings } from '../stack/stream-settings.ts'
import { queryRows, type TableName, type Warehouse, type WarehouseRow } from '../warehouse/port.ts'
import { identifier, tableIdentifier } from '../warehouse/sql.ts'
import { type Columns, keyColumns } from './columns.ts'
import { evolve } from './evolve.ts'
import { type ActualTable, createTable, deletedColumn, ownColumns, readTable, type TableLayout, versionColumn } from './layout.ts'
import { readMode, type SyncMode } from './mode.ts'
import { markDeleted } from './soft-delete.ts'

export interface TargetOptions {
  /** What a user reads. */
  name: TableName
  mode: SyncMode
  stream: Stream
  deletes: NonNullable<StreamSettings['deletes']>
  warehouse: Warehouse
}

/**
 * Where the rows of a stream go, by its mode:
 *
 * - full_refresh_overwrite: into `<stream>__staging`, which takes the place of `<stream>` at the end.
 * - full_refresh_append, incremental_append: into `<stream>`.
 * - incremental_deduped: into `<stream>__raw`, which keeps one row a key once merged; `<stream>` is a
 *   view with FINAL over it, so that a reader sees one row a key at any time.
 */
export class Target {
  /** What a user reads. */
  readonly shown: TableName
  /** What is written. */
  readonly written: TableName
  /** What was changed, as sentences. */
  readonly changes: string[] = []
  private readonly mode: SyncMode
  private readonly stream: Stream
  private readonly deletes: TargetOptions['deletes']
  private readonly warehouse: Warehouse
  private appliedVersion = -1
  private marks: boolean
  /** UUID of the table that an overwrite has read. */
  private readUuid: string | undefined

  constructor({ name, mode, stream, deletes, warehouse }: TargetOptions) {
    this.shown = name
    this.mode = mode
    this.stream = stream
    this.deletes = deletes
    this.warehouse = warehouse
    this.marks = stream.tellsDeletes === true && readMode(mode) === 'incremental'
    const suffix = mode === 'full_refresh_overwrite' ? '__staging' : mode === 'incremental_deduped' ? '__raw' : ''
    this.written = { ...name, table: name.table + suffix }
  }

  /** The table whose rows the stream's state covers; undefined when there is none yet. */
  async existing(signal: AbortSignal): Promise<ActualTable | undefined> {
    const table = await readTable(this.warehouse, this.mode === 'incremental_deduped' ? this.written : this.shown, signal)
    if (table === undefined || table.engine === 'View') return undefined
    // A stream that has ceased to tell of deletes keeps what it told, and the order of its versions.
    this.marks ||= table.own.has(deletedColumn.name)
    return table
  }

  /** The highest version that the written table has; 0 when it has none. */
  async highestVersion(signal: AbortSignal): Promise<bigint> {
    const table = await readTable(this.warehouse, this.written, signal)
    if (table === undefined) return 0n
    const sql = `SELECT toString(max(${versionColumn.name})) AS version FROM ${tableIdentifier(this.written)}`
    const [row] = await queryRows<{ version: string }>(this.warehouse, sql, { signal })
    return BigInt(row!.version)
  }

  /** Rows carry a mark when they are deleted. */
  get marksDeletes(): boolean {
    return this.marks
  }

  /** Deleted rows are shown, with their mark. */
  get showsDeleted(): boolean {
    return this.mode === 'incremental_deduped' && this.deletes === 'soft'
  }

  /** Marks rows as deleted; `gone` are their keys with the platform's own columns. */
  async markDeleted(columns: Columns, gone: readonly WarehouseRow[], signal: AbortSignal): Promise<void> {
    await markDeleted(this.warehouse, this.layout(columns), gone, signal)
  }

  /** Makes the database, and clears what an earlier run or mode left in the way. Nothing with data is dropped. */
  async prepare(now: number, signal: AbortSignal): Promise<void> {
    await this.command(`CREATE DATABASE IF NOT EXISTS ${identifier(this.shown.database)}`, signal)
    if (this.mode === 'full_refresh_overwrite') await this.command(`DROP TABLE IF EXISTS ${tableIdentifier(this.written)}`, signal)
    const shown = await readTable(this.warehouse, this.shown, signal)
    if (shown === undefined) return
    if (this.mode === 'incremental_deduped' && shown.engine !== 'View') {
      const kept = { ...this.shown, table: `${this.shown.table}__before_${now}` }
      await this.command(`RENAME TABLE ${tableIdentifier(this.shown)} TO ${tableIdentifier(kept)}`, signal)
      this.changes.push(`rename ${plain(this.shown)}, written by another mode, to ${plain(kept)}`)
    }
    if (this.mode !== 'incremental_deduped' && this.mode !== 'full_refresh_overwrite' && shown.engine === 'View') {
      await this.command(`DROP VIEW ${tableIdentifier(this.shown)}`, signal)
      this.changes.push(`drop view ${plain(this.shown)} of another mode; its rows stay in ${plain(this.shown)}__raw`)
    }
  }

  /** Creates or alters the written table until it has the columns. Cheap when nothing changed since the last call. */
  async bring(columns: Columns, signal: AbortSignal): Promise<void> {
    if (this.appliedVersion === columns.version) return
    const layout = this.layout(columns)
    const actual = await readTable(this.warehouse, this.written, signal)
    if (actual === undefined) {
      await this.command(createTable(layout), signal)
      this.changes.push(`create table ${plain(this.written)}`)
    } else {
      this.refuseOtherKey(layout, actual)
      this.changes.push(...(await evolve(this.warehouse, layout, actual, signal)))
    }
    if (this.mode === 'incremental_deduped') await this.showView(signal)
    this.appliedVersion = columns.version
  }

  /**
   * Puts what an overwrite has read in the place of what was there. When the answer to that was lost it is asked for
   * again, and must not put things back: what was read is known by its UUID, wherever it is.
   */
  async swap(signal: AbortSignal): Promise<void> {
    this.readUuid ??= (await readTable(this.warehouse, this.written, signal))?.uuid
    const shown = await readTable(this.warehouse, this.shown, signal)
    if (shown?.uuid !== undefined && shown.uuid === this.readUuid) return this.discard(signal)
    if (shown?.engine === 'View') {
      await this.command(`DROP VIEW ${tableIdentifier(this.shown)}`, signal)
      this.changes.push(`drop view ${plain(this.shown)} of another mode; its rows stay in ${plain(this.shown)}__raw`)
    }
    if (shown === undefined || shown.engine === 'View') {
      await this.command(`RENAME TABLE ${tableIdentifier(this.written)} TO ${tableIdentifier(this.shown)}`, signal)
      return
    }
    await this.command(`EXCHANGE TABLES ${tableIdentifier(this.shown)} AND ${tableIdentifier(this.written)}`, signal)
    await this.discard(signal)
  }

  /** Drops the staging table of an overwrite. */
  async discard(signal: AbortSignal): Promise<void> {
    await this.command(`DROP TABLE IF EXISTS ${tableIdentifier(this.written)}`, signal)
  }

  private async showView(signal: AbortSignal): Promise<void> {
    const hidesDeleted = this.marksDeletes && !this.showsDeleted
    await this.command(
      [
        `CREATE OR REPLACE VIEW ${tableIdentifier(this.shown)} AS`,
        `SELECT * EXCEPT (${hidesDeleted ? `${versionColumn.name}, ${deletedColumn.name}` : versionColumn.name})`,
        `FROM ${tableIdentifier(this.written)} FINAL`,
        ...(hidesDeleted ? [`WHERE ${deletedColumn.name} IS NULL`] : []),
      ].join(' '),
      signal,
    )
  }

  private layout(columns: Columns): TableLayout {
    const key = this.mode === 'incremental_deduped' ? keyColumns(columns, this.stream.primaryKey) : undefined
    if (key !== undefined && key.length < this.stream.primaryKey.length) {
      throw new MillraceError({
        code: 'missing-key',
        fault: 'config',
        message: `The records of ${plain(this.shown)} have no value at the primary key [${this.stream.primaryKey.map((path) => path.join('.')).join(', ')}].`,
        mend: 'Correct the primary key, or read the stream with the mode incremental_append.',
      })
    }
    const own = [...ownColumns, ...(key === undefined ? [] : [versionColumn]), ...(this.marksDeletes ? [deletedColumn] : [])]
    return { name: this.written, own, columns: columns.all, key }
  }

  private refuseOtherKey(layout: TableLayout, actual: ActualTable): void {
    if (layout.key === undefined) return
    const wanted = layout.key.map(({ name }) => name).join(', ')
    if (actual.sortingKey === wanted) return
    throw new MillraceError({
      code: 'table-differs',
      fault: 'config',
      message: `${plain(this.written)} keeps one row for each ${actual.sortingKey}, and the stream's primary key is now ${wanted}.`,
      mend: `Drop ${plain(this.written)} and reset the stream's state, then run again: it is read from its beginning.`,
    })
  }

  private async command(sql: string, signal: AbortSignal): Promise<void> {
    await this.warehouse.command(sql, { signal })
  }
}

export function plain(name: TableName): string {
  return `${name.database}.${name.table}`
}
