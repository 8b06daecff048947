import type { Stream } from '../connector/source.ts'
import { MillraceError } from '../lib/error.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import type { WarehouseRow } from '../warehouse/port.ts'
import { convert, misfit } from './convert.ts'
import { freeName, snakeCase } from './name.ts'
import type { Misfits } from './shape-policy.ts'
import { clickHouseType, declaredShape, join, type Shape, shapeOfValue } from './shape.ts'

/** A column of a stream's table that holds data. */
export interface DataColumn {
  name: string
  /** Where the value stands in the record: the field, or the path of a nested key. Kept as the column's comment. */
  path: readonly string[]
  shape: Shape
  /** The source's schema says so: a value of another type is an error, not a reason to widen. */
  isDeclared: boolean
  /** Part of the key: never NULL, always widened. */
  isKey: boolean
}

export interface ColumnOptions {
  /** The table keeps one row a key. */
  isKeyed: boolean
  /** The fields of nested objects are columns of their own. */
  isFlat: boolean
  /** A table that is there keeps its columns as they are, but for its key. */
  isClosed: boolean
}

/** A column that the table has. Without a shape it is of a type that the pipeline never makes, and is left alone. */
export interface ExistingColumn {
  name: string
  path: readonly string[]
  shape: Shape | undefined
}

/** More columns than this and the record's keys are data, not names. */
const maxColumns = 1000
const maxErrorText = 1000

/**
 * The columns of one stream: from its table as it is, its schema, and the values seen. They only grow and widen, or
 * stay as they are by the stream's settings. Which field a column holds is in its comment, so that `userId` and `user_id` stay apart from run to run.
 */
export class Columns {
  readonly all: DataColumn[] = []
  /** Grows with every change, so that a loader knows when its table is behind. */
  version = 0
  private readonly byField = new Map<string, DataColumn>()
  private readonly names = new Set<string>()
  private readonly stream: Stream
  private readonly isKeyed: boolean
  private readonly isFlat: boolean
  private readonly isClosed: boolean

  constructor(stream: Stream, options: ColumnOptions, existing: readonly ExistingColumn[]) {
    this.stream = stream
    this.isKeyed = options.isKeyed
    this.isFlat = options.isFlat
    this.isClosed = options.isClosed && existing.length > 0
    for (const column of existing) {
      this.names.add(column.name)
      if (column.shape === undefined) continue
      const isDeclared = declaredShape(schemaAt(stream.schema, column.path)) !== undefined
      this.add({ name: column.name, path: column.path, shape: column.shape, isDeclared, isKey: this.isKeyPath(column.path) })
    }
    if (!this.isClosed) this.addDeclared(stream.schema, [])
  }

  /** Learns from records what columns there must be, before they are made rows. */
  observe(records: readonly JsonObject[]): void {
    for (const record of records) {
      if (!this.isClosed) this.observeObject(record, [])
      if (this.isKeyed) this.observeKey(record)
    }
  }

  private observeObject(object: JsonObject, above: readonly string[]): void {
    for (const field of Object.keys(object)) {
      const path = above.length === 0 ? undefined : [...above, field]
      const column = this.byField.get(path === undefined ? field : fieldOf(path))
      const value = object[field]
      if (this.isSplit(value, column)) {
        this.observeObject(value, path ?? [field])
        continue
      }
      if (column?.isDeclared === true && !column.isKey) continue
      if (column !== undefined && convert(value, column.shape) !== misfit) continue
      const shape = shapeOfValue(value)
      if (shape !== undefined) this.widen(path ?? [field], shape, false)
    }
  }

  /** Whether its fields have columns of their own. One that was JSON when it was made stays it. */
  private isSplit(value: Json | undefined, column: DataColumn | undefined): value is JsonObject {
    return this.isFlat && isObject(value) && column?.shape !== 'JSON' && column?.isKey !== true
  }

  /** Columns of what the schema declares. */
  private addDeclared(schema: JsonObject, above: readonly string[]): void {
    for (const [field, inner] of Object.entries((schema.properties ?? {}) as JsonObject)) {
      const path = [...above, field]
      const shape = declaredShape(inner)
      if (shape === undefined) continue
      if (this.isFlat && shape === 'JSON' && !this.byField.has(fieldOf(path))) this.addDeclared(inner as JsonObject, path)
      else this.widen(path, shape, true)
    }
  }

  /** A record as a row, and what did not fit: column → the value as JSON. */
  toRow(record: JsonObject): { row: WarehouseRow; misfits: Misfits | undefined } {
    const row: WarehouseRow = {}
    let misfits = this.isClosed ? this.strangers(record, []) : undefined
    for (const column of this.all) {
      const value = column.path.length === 1 ? ownValue(record, column.path[0]!) : valueAt(record, column.path)
      if (value === undefined || value === null) {
        if (column.isKey) throw this.missingKey(column)
        continue
      }
      if (this.isSplit(value, column)) continue
      const converted = convert(value, column.shape)
      if (converted !== misfit) row[column.name] = converted
      else if (column.isKey) throw this.missingKey(column)
      else (misfits ??= {})[column.name] = asText(value)
    }
    return { row, misfits }
  }

  /** Fields that have no column. */
  private strangers(object: JsonObject, above: readonly string[]): Misfits | undefined {
    let found: Misfits | undefined
    for (const [field, value] of Object.entries(object)) {
      if (value === null) continue
      const path = [...above, field]
      const column = this.byField.get(fieldOf(path))
      if (this.isSplit(value, column)) found = merge(found, this.strangers(value, path))
      else if (column === undefined) found = merge(found, { [path.join('.')]: asText(value) })
    }
    return found
  }

  /** The key's columns alone. */
  toKey(record: JsonObject): WarehouseRow {
    const row: WarehouseRow = {}
    for (const column of this.all) {
      if (!column.isKey) continue
      const converted = convert(valueAt(record, column.path), column.shape)
      if (converted === undefined || converted === misfit) throw this.missingKey(column)
      row[column.name] = converted
    }
    return row
  }

  private observeKey(record: JsonObject): void {
    for (const path of this.stream.primaryKey) {
      const value = valueAt(record, path)
      const column = this.byField.get(fieldOf(path))
      if (value === undefined || value === null || (column !== undefined && convert(value, column.shape) !== misfit)) continue
      const shape = shapeOfValue(value)!
      this.widen(path, shape === 'JSON' || shape.startsWith('Array(') ? 'String' : shape, false)
    }
  }

  private widen(path: readonly string[], shape: Shape, isDeclared: boolean): void {
    const column = this.byField.get(fieldOf(path))
    if (column !== undefined) {
      const wider = join(column.shape, shape)
      column.isDeclared ||= isDeclared
      if (wider === column.shape) return
      column.shape = wider
      this.version++
      return
    }
    if (this.all.length >= maxColumns) throw this.tooMany()
    const snake = snakeCase(path.join('_'))
    // _millrace_… is the platform's own.
    const name = freeName(snake.startsWith('_millrace_') ? `field${snake}` : snake, (candidate) => this.names.has(candidate))
    this.add({ name, path, shape, isDeclared, isKey: this.isKeyPath(path) })
  }

  private add(column: DataColumn): void {
    this.all.push(column)
    this.byField.set(fieldOf(column.path), column)
    this.names.add(column.name)
    this.version++
  }

  private isKeyPath(path: readonly string[]): boolean {
    return this.isKeyed && this.stream.primaryKey.some((key) => fieldOf(key) === fieldOf(path))
  }

  private missingKey(column: DataColumn): MillraceError {
    return new MillraceError({
      code: 'missing-key',
      fault: 'config',
      message: `A record of ${this.stream.name} has no value at its primary key ${column.path.join('.')}, so its rows cannot be told apart.`,
      mend: 'Read the stream with the mode incremental_append or full_refresh_overwrite, or correct its primary key.',
    })
  }

  private tooMany(): MillraceError {
    return new MillraceError({
      code: 'too-many-columns',
      fault: 'config',
      message: `The records of ${this.stream.name} have more than ${maxColumns} different fields: their keys seem to be data.`,
      mend: 'Correct the field path of the stream, or declare the field that holds them as an object in its schema.',
    })
  }
}

/** The key columns in the key's order. */
export function keyColumns(columns: Columns, primaryKey: readonly (readonly string[])[]): DataColumn[] {
  return primaryKey.flatMap((path) => columns.all.find((column) => fieldOf(column.path) === fieldOf(path)) ?? [])
}

/** A column's type, as ClickHouse prints it. */
export function columnType(column: DataColumn): string {
  return clickHouseType(column.shape, column.isKey)
}

function fieldOf(path: readonly string[]): string {
  return path.length === 1 ? path[0]! : JSON.stringify(path)
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function merge(found: Misfits | undefined, more: Misfits | undefined): Misfits | undefined {
  return more === undefined ? found : { ...found, ...more }
}

function asText(value: Json): string {
  return JSON.stringify(value).toWellFormed().slice(0, maxErrorText)
}

function schemaAt(schema: JsonObject, path: readonly string[]): Json | undefined {
  let found: Json | undefined = schema
  for (const field of path) found = isObject(found) && isObject(found.properties) ? ownValue(found.properties, field) : undefined
  return found
}

function ownValue(record: JsonObject, field: string): Json | undefined {
  return Object.hasOwn(record, field) ? record[field] : undefined
}

export function valueAt(record: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = record
  for (const part of path) {
    if (!isObject(value)) return undefined
    value = ownValue(value, part)
  }
  return value
}
