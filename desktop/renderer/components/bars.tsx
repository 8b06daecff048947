import { formatExact } from '../data/format.ts'
import './bars.css'

/** Values and how often they occur, longest bar first or in the order given. */
export function Bars({ label, items }: { label: string; items: { value: string; count: number }[] }) {
  const most = Math.max(1, ...items.map((item) => item.count))
  const all = items.reduce((sum, item) => sum + item.count, 0)
  return (
    <ul className="bars" aria-label={label}>
      {items.map((item) => (
        <li key={item.value}>
          <span className="clip" title={item.value}>
            {item.value || '(empty)'}
          </span>
          <span className="bar-track" aria-hidden>
            <span style={{ width: `${(item.count / most) * 100}%` }} />
          </span>
          <span className="bar-count">{formatExact(item.count)}</span>
          <span className="bar-share">{((item.count / Math.max(1, all)) * 100).toFixed(1)}%</span>
        </li>
      ))}
    </ul>
  )
}
