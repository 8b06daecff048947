import type { Stream } from '../connector/source.ts'
import { MillraceError } from '../lib/error.ts'
import type { StreamSettings } from '../stack/stream-settings.ts'
import { queryRows, type TableName, type Warehouse, type WarehouseRow } from '../warehouse/port.ts'
import { identifier, tableIdentifier } from '../warehouse/sql.ts'
import { type Attempt, attemptComment } from './attempt.ts'
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
 * - full refreshes and incremental_append: `<stream>` itself.
 * - incremental_deduped: `<stream>__raw`, which keeps one row a key once merged; `<stream>` is a view with FINAL over
 *   it, so that a reader sees one row a key at any time.
 *
 * What is read from its beginning is staged: it goes into that name with `__staging`, and takes its place at the end.
 */
export class Target {
  /** What a user reads. */
  readonly shown: TableName
  /** Where its rows are. */
  readonly kept: TableName
  readonly staging: TableName
  /** What was changed, as sentences. */
  readonly changes: string[] = []
  private readonly isDeduped: boolean
  private readonly stream: Stream
  private readonly deletes: TargetOptions['deletes']
  private readonly warehouse: Warehouse
  private appliedVersion = -1
  private marks: boolean
  private attempt: Attempt | undefined
  private isTakenUp = false

  constructor({ name, mode, stream, deletes, warehouse }: TargetOptions) {
    this.shown = name
    this.isDeduped = mode === 'incremental_deduped'
    this.stream = stream
    this.deletes = deletes
    this.warehouse = warehouse
    this.marks = stream.tellsDeletes === true && readMode(mode) === 'incremental'
    this.kept = this.isDeduped ? { ...name, table: `${name.table}__raw` } : name
    this.staging = { ...name, table: `${this.kept.table}__staging` }
  }

  /** What is written. */
  get written(): TableName {
    return this.attempt === undefined ? this.kept : this.staging
  }

  /** All that its rows may be in. */
  get names(): TableName[] {
    return [
      this.shown,
      this.staging,
      { ...this.shown, table: `${this.shown.table}__raw` },
      { ...this.shown, table: `${this.shown.table}__raw__staging` },
    ]
  }

  /** The reading from the beginning that goes on here; undefined when rows go to their place at once. */
  get staged(): Attempt | undefined {
    return this.attempt
  }

  /** Rows carry a mark when they are deleted. */
  get marksDeletes(): boolean {
    return this.marks
  }

  /** Deleted rows are shown, with their mark. */
  get showsDeleted(): boolean {
    return this.isDeduped && this.deletes === 'soft'
  }

  /** Reads into the staging table, which is that of the attempt already when it is taken up. */
  stage(attempt: Attempt, isTakenUp: boolean): void {
    this.attempt = attempt
    this.isTakenUp = isTakenUp
  }

  /** The table whose columns go on; undefined when there is none yet. */
  async existing(signal: AbortSignal): Promise<ActualTable | undefined> {
    const table = await this.keptTable(signal, this.isTakenUp ? this.staging : this.kept)
    // A stream that has ceased to tell of deletes keeps what it told, and the order of its versions.
    this.marks ||= table?.own.has(deletedColumn.name) === true
    return table
  }

  /** The table that has the stream's rows; undefined when there is none yet. */
  async keptTable(signal: AbortSignal, name = this.kept): Promise<ActualTable | undefined> {
    const table = await readTable(this.warehouse, name, signal)
    return table?.engine === 'View' ? undefined : table
  }

  /** The highest version that the written table has; 0 when it has none. */
  async highestVersion(signal: AbortSignal): Promise<bigint> {
    if ((await readTable(this.warehouse, this.written, signal)) === undefined) return 0n
    const sql = `SELECT toString(max(${versionColumn.name})) AS version FROM ${tableIdentifier(this.written)}`
    const [row] = await queryRows<{ version: string }>(this.warehouse, sql, { signal })
    return BigInt(row!.version)
  }

  async makeDatabase(signal: AbortSignal): Promise<void> {
    await this.command(`CREATE DATABASE IF NOT EXISTS ${identifier(this.shown.database)}`, signal)
  }

  /** Clears what an earlier mode left under the name. Nothing with data is dropped. */
  async clearWay(now: number, signal: AbortSignal): Promise<void> {
    const shown = await readTable(this.warehouse, this.shown, signal)
    if (shown === undefined) return
    if (this.isDeduped && shown.engine !== 'View') {
      const before = { ...this.shown, table: `${this.shown.table}__before_${now}` }
      await this.command(`RENAME TABLE ${tableIdentifier(this.shown)} TO ${tableIdentifier(before)}`, signal)
      this.changes.push(`rename ${plain(this.shown)}, written by another mode, to ${plain(before)}`)
    }
    if (!this.isDeduped && shown.engine === 'View') {
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
    if (this.attempt === undefined) await this.show(signal)
    this.appliedVersion = columns.version
  }

  /** Marks rows as deleted; `gone` are their keys with the platform's own columns. */
  async markDeleted(columns: Columns, gone: readonly WarehouseRow[], signal: AbortSignal): Promise<void> {
    await markDeleted(this.warehouse, this.layout(columns), gone, signal)
  }

  /**
   * Puts what was staged in the place of what was there. When the answer to that was lost it is asked for again, and
   * must not put things back: what was read is known by its comment, wherever it is.
   */
  async swap(now: number, signal: AbortSignal): Promise<void> {
    const kept = await this.keptTable(signal)
    if (kept?.attempt === undefined || kept.attempt.id !== this.attempt!.id) {
      await this.clearWay(now, signal)
      const verb = kept === undefined ? ['RENAME TABLE', 'TO'] : ['EXCHANGE TABLES', 'AND']
      await this.command(`${verb[0]} ${tableIdentifier(this.staging)} ${verb[1]} ${tableIdentifier(this.kept)}`, signal)
    }
    await this.show(signal)
    await this.discard(signal)
  }

  /** Makes the view of a deduplicated stream what it should be by now. */
  async show(signal: AbortSignal): Promise<void> {
    if (!this.isDeduped) return
    const hidesDeleted = this.marks && !this.showsDeleted
    await this.command(
      [
        `CREATE OR REPLACE VIEW ${tableIdentifier(this.shown)} AS`,
        `SELECT * EXCEPT (${hidesDeleted ? `${versionColumn.name}, ${deletedColumn.name}` : versionColumn.name})`,
        `FROM ${tableIdentifier(this.kept)} FINAL`,
        ...(hidesDeleted ? [`WHERE ${deletedColumn.name} IS NULL`] : []),
      ].join(' '),
      signal,
    )
  }

  /** Drops the staging table. */
  async discard(signal: AbortSignal): Promise<void> {
    await this.command(`DROP TABLE IF EXISTS ${tableIdentifier(this.staging)}`, signal)
  }

  private layout(columns: Columns): TableLayout {
    const { primaryKey } = this.stream
    const key = this.isDeduped ? keyColumns(columns, primaryKey) : undefined
    if (key !== undefined && key.length < primaryKey.length) {
      throw new MillraceError({
        code: 'missing-key',
        fault: 'config',
        message: `The records of ${plain(this.shown)} have no value at the primary key [${primaryKey.map((path) => path.join('.')).join(', ')}].`,
        mend: 'Correct the primary key, or read the stream with the mode incremental_append.',
      })
    }
    const own = [...ownColumns, ...(key === undefined ? [] : [versionColumn]), ...(this.marks ? [deletedColumn] : [])]
    const comment = this.attempt === undefined ? '' : attemptComment(this.attempt)
    return { name: this.written, own, columns: columns.all, key, comment }
  }

  private refuseOtherKey(layout: TableLayout, actual: ActualTable): void {
    if (layout.key === undefined) return
    const wanted = layout.key.map(({ name }) => name).join(', ')
    if (actual.sortingKey === wanted) return
    throw new MillraceError({
      code: 'table-differs',
      fault: 'config',
      message: `${plain(this.written)} keeps one row for each ${actual.sortingKey}, and the stream's primary key is now ${wanted}.`,
      mend: `Refresh the stream ${this.stream.name}: it is read from its beginning, and takes the place of what is there.`,
    })
  }

  private async command(sql: string, signal: AbortSignal): Promise<void> {
    await this.warehouse.command(sql, { signal })
  }
}

export function plain(name: TableName): string {
  return `${name.database}.${name.table}`
}
