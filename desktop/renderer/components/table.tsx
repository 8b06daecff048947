import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useRef } from 'react'
import './table.css'

export interface Column<Row> {
  id: string
  header: string
  /** A track of CSS grid: `120px`, `minmax(160px, 2fr)`. */
  width: string
  align?: 'end'
  cell: (row: Row) => ReactNode
}

interface TableProps<Row> {
  label: string
  columns: Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row, index: number) => string
  /** What a click or Enter on a row does. */
  onOpen?: (row: Row) => void
  selected?: string | undefined
  rowHeight?: number
  /** Shown in place of rows when there are none. */
  empty?: ReactNode
  /** Hears whether the first row is in sight. */
  onTop?: (atTop: boolean) => void
}

/** A dense list with a header that stays; only the rows in sight are in the page. Arrow keys move, Enter opens. */
export function Table<Row>({ label, columns, rows, rowKey, onOpen, selected, rowHeight = 34, empty, onTop }: TableProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  })
  const template = columns.map((column) => column.width).join(' ')
  const minWidth = columns.reduce((sum, column) => sum + Number.parseFloat(/[\d.]+/.exec(column.width)?.[0] ?? '0') + 16, 32)

  const onKeyDown = (event: KeyboardEvent, index: number) => {
    const row = rows[index]
    if (row !== undefined && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault()
      onOpen?.(row)
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = Math.min(rows.length - 1, Math.max(0, index + step))
    virtual.scrollToIndex(next)
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus())
  }

  return (
    <div
      className="table"
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      ref={scroller}
      onScroll={onTop && ((event) => onTop(event.currentTarget.scrollTop < rowHeight))}
    >
      <div role="rowgroup" className="table-head" style={{ minWidth }}>
        <div role="row" className="table-header" style={{ gridTemplateColumns: template }}>
          {columns.map((column) => (
            <span key={column.id} role="columnheader" className={column.align === 'end' ? 'end clip' : 'clip'}>
              {column.header}
            </span>
          ))}
        </div>
      </div>
      {rows.length === 0 ? (
        empty
      ) : (
        <div role="rowgroup" className="table-body" style={{ height: virtual.getTotalSize(), minWidth }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index]!
            const key = rowKey(row, item.index)
            return (
              <div
                key={key}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={onOpen ? key === selected : undefined}
                data-index={item.index}
                className={onOpen ? 'table-row opens' : 'table-row'}
                style={{ gridTemplateColumns: template, height: rowHeight, transform: `translateY(${item.start}px)` }}
                tabIndex={onOpen ? 0 : undefined}
                onClick={onOpen && (() => onOpen(row))}
                onKeyDown={onOpen && ((event) => onKeyDown(event, item.index))}
              >
                {columns.map((column) => (
                  <div key={column.id} role="cell" className={column.align === 'end' ? 'end clip' : 'clip'}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            )
          })}
        </div>
      )}
    </div>
  )
}
