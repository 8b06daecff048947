import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import { CopyButton } from '../../components/copy-button.tsx'
import { Drawer } from '../../components/drawer.tsx'
import { JsonTree } from '../../components/json-tree.tsx'
import { isCommand } from '../../shell/keys.ts'
import { isNumeric } from './column-type.ts'
import { plain } from './export-rows.ts'
import type { Answer } from './use-queries.ts'

const rowHeight = 28
const numberWidth = 56

interface Cell {
  row: number
  column: number
}

/** The result's rows: only what is in sight is in the page. Arrow keys move, Enter or a double click opens a value (a click does, if it is JSON), ⌘C copies it. */
export function Grid({ answer }: { answer: Answer }) {
  const { columns, rows } = answer
  const scroller = useRef<HTMLDivElement>(null)
  const [cell, setCell] = useState<Cell | undefined>()
  const [open, setOpen] = useState(false)
  const widths = useMemo(() => columns.map((_, index) => widthOf(answer, index)), [answer, columns])
  const [dragged, setDragged] = useState<Record<number, number>>({})
  const width = (index: number) => dragged[index] ?? widths[index]!
  const down = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 10 })
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => scroller.current,
    estimateSize: width,
    paddingStart: numberWidth,
    overscan: 3,
  })

  const resize = (index: number, to: number) => {
    setDragged((all) => ({ ...all, [index]: Math.max(60, to) }))
    across.resizeItem(index, Math.max(60, to))
  }
  const move = (next: Cell) => {
    const within = { row: clamp(next.row, rows.length), column: clamp(next.column, columns.length) }
    setCell(within)
    down.scrollToIndex(within.row)
    across.scrollToIndex(within.column)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const at = cell ?? { row: 0, column: 0 }
    const steps: Record<string, Cell> = {
      ArrowDown: { ...at, row: at.row + 1 },
      ArrowUp: { ...at, row: at.row - 1 },
      ArrowRight: { ...at, column: at.column + 1 },
      ArrowLeft: { ...at, column: at.column - 1 },
      PageDown: { ...at, row: at.row + 20 },
      PageUp: { ...at, row: at.row - 20 },
      Home: { ...at, column: 0 },
      End: { ...at, column: columns.length - 1 },
    }
    if (isCommand(event) && event.key === 'c' && cell) void navigator.clipboard.writeText(plain(rows[cell.row]?.[cell.column] ?? null))
    else if (event.key === 'Enter' && cell) setOpen(true)
    else if (steps[event.key] && !isCommand(event)) move(steps[event.key]!)
    else return
    event.preventDefault()
  }
  const value = cell && rows[cell.row]?.[cell.column]
  return (
    <div className="with-drawer">
      <div
        className="grid"
        role="grid"
        aria-label="Results"
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        tabIndex={0}
        ref={scroller}
        onKeyDown={onKeyDown}
      >
        <div className="grid-head" role="row" style={{ width: across.getTotalSize() }}>
          <span className="grid-number" role="columnheader" aria-label="Row" />
          {across.getVirtualItems().map((item) => {
            const column = columns[item.index]!
            return (
              <span
                key={item.key}
                role="columnheader"
                className={isNumeric(column.type) ? 'grid-column end' : 'grid-column'}
                style={{ width: item.size, left: item.start }}
              >
                <span className="clip" title={column.name}>
                  {column.name}
                </span>
                <span className="grid-type clip" title={column.type}>
                  {column.type}
                </span>
                <span
                  className="grid-handle"
                  aria-hidden
                  onPointerDown={(event) => drag(event, width(item.index), (to) => resize(item.index, to))}
                />
              </span>
            )
          })}
        </div>
        <div className="grid-body" role="rowgroup" style={{ height: down.getTotalSize(), width: across.getTotalSize() }}>
          {down.getVirtualItems().map((line) => (
            <div
              key={line.key}
              role="row"
              aria-rowindex={line.index + 2}
              className="grid-row"
              style={{ transform: `translateY(${line.start}px)`, height: rowHeight }}
            >
              <span className="grid-number" role="rowheader">
                {line.index + 1}
              </span>
              {across.getVirtualItems().map((item) => (
                <span
                  key={item.key}
                  role="gridcell"
                  aria-selected={cell?.row === line.index && cell.column === item.index}
                  className={isNumeric(columns[item.index]!.type) ? 'grid-cell end' : 'grid-cell'}
                  style={{ width: item.size, left: item.start }}
                  onClick={() => {
                    setCell({ row: line.index, column: item.index })
                    const clicked = rows[line.index]![item.index]
                    if (typeof clicked === 'object' && clicked !== null) setOpen(true)
                  }}
                  onDoubleClick={() => setOpen(true)}
                >
                  <Value value={rows[line.index]![item.index]} />
                </span>
              ))}
            </div>
          ))}
          {rows.length === 0 && <p className="grid-none">No rows.</p>}
        </div>
      </div>
      {open && cell && (
        <Drawer
          title={columns[cell.column]!.name}
          aside={<CopyButton text={plain(value ?? null)} label="Copy the value" />}
          onClose={() => setOpen(false)}
        >
          <p className="faint mono">{columns[cell.column]!.type}</p>
          {typeof value === 'object' && value !== null ? (
            <JsonTree value={value} openTo={4} />
          ) : (
            <pre className="raw-text">{value === null ? 'NULL' : plain(value)}</pre>
          )}
        </Drawer>
      )}
    </div>
  )
}

function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <i className="grid-null">NULL</i>
  if (value === '') return <span className="grid-null">empty</span>
  if (typeof value === 'boolean') return <span className={value ? 'grid-true' : 'grid-false'}>{String(value)}</span>
  if (typeof value === 'object') return <span className="grid-json">{JSON.stringify(value)}</span>
  return String(value).slice(0, 400)
}

/** Wide enough for the header and for most of the first values. */
function widthOf({ columns, rows }: Answer, index: number): number {
  const { name, type } = columns[index]!
  const lengths = rows.slice(0, 60).map((row) => plain(row[index] ?? 'NULL').length)
  const longest = Math.max(name.length + 1, Math.min(type.length, 22), ...lengths)
  return Math.min(360, Math.max(72, longest * 7.6 + 26))
}

function clamp(index: number, count: number): number {
  return Math.min(count - 1, Math.max(0, index))
}

function drag(event: React.PointerEvent<HTMLElement>, width: number, onResize: (to: number) => void): void {
  const from = event.clientX
  const handle = event.currentTarget
  handle.setPointerCapture(event.pointerId)
  const move = (moved: PointerEvent) => onResize(width + moved.clientX - from)
  handle.addEventListener('pointermove', move)
  handle.addEventListener('pointerup', () => handle.removeEventListener('pointermove', move), { once: true })
}
