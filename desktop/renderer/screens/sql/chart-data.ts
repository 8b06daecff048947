import { isNumeric, isTemporal } from './column-type.ts'
import { plain } from './export-rows.ts'
import type { Answer } from './use-queries.ts'

export interface ChartData {
  kind: 'bar' | 'line'
  labels: string[]
  series: { name: string; values: (number | null)[] }[]
}

const most = { rows: 2000, series: 4 }

/** A result as a chart: its first column that is no number along the axis, its numbers as series. Undefined where that says nothing. */
export function chartOf({ columns, rows }: Pick<Answer, 'columns' | 'rows'>): ChartData | undefined {
  const axis = columns.findIndex((column) => !isNumeric(column.type))
  const numbers = columns.flatMap((column, index) => (isNumeric(column.type) ? [index] : [])).slice(0, most.series)
  if (axis < 0 || numbers.length === 0 || rows.length < 2 || rows.length > most.rows) return undefined
  const temporal = isTemporal(columns[axis]!.type)
  const sorted = temporal ? rows.toSorted((a, b) => (String(a[axis]) < String(b[axis]) ? -1 : 1)) : rows
  return {
    kind: temporal ? 'line' : 'bar',
    labels: sorted.map((row) => (row[axis] === null ? 'NULL' : plain(row[axis]))),
    series: numbers.map((index) => ({
      name: columns[index]!.name,
      values: sorted.map((row) => (row[index] === null ? null : Number(row[index]))),
    })),
  }
}
