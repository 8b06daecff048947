import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import './json-tree.css'

/** A JSON value to look into: objects and lists open and close. */
export function JsonTree({ value, name, depth = 0, openTo = 2 }: { value: unknown; name?: string; depth?: number; openTo?: number }) {
  const [open, setOpen] = useState(depth < openTo)
  const label = name !== undefined && <span className="json-name">{name}</span>
  if (typeof value !== 'object' || value === null) {
    return (
      <div className="json-line" style={{ paddingLeft: depth * 14 + 16 }}>
        {label}
        <Scalar value={value} />
      </div>
    )
  }
  const list = Array.isArray(value)
  const entries = Object.entries(value)
  const size = list ? `[${entries.length}]` : `{${entries.length}}`
  if (entries.length === 0) {
    return (
      <div className="json-line" style={{ paddingLeft: depth * 14 + 16 }}>
        {label}
        <span className="json-size">{list ? '[ ]' : '{ }'}</span>
      </div>
    )
  }
  return (
    <div className={depth === 0 ? 'json-tree' : undefined}>
      <button type="button" className="json-line" style={{ paddingLeft: depth * 14 }} aria-expanded={open} onClick={() => setOpen(!open)}>
        <ChevronRight size={12} className={open ? 'caret open' : 'caret'} aria-hidden />
        {label || <span className="json-name">{list ? 'list' : 'object'}</span>}
        <span className="json-size">{size}</span>
      </button>
      {open && entries.map(([key, each]) => <JsonTree key={key} name={key} value={each} depth={depth + 1} openTo={openTo} />)}
    </div>
  )
}

function Scalar({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="json-null">null</span>
  if (typeof value === 'string') return <span className="json-string">"{value}"</span>
  if (typeof value === 'boolean') return <span className="json-boolean">{String(value)}</span>
  return <span className="json-number">{String(value)}</span>
}
