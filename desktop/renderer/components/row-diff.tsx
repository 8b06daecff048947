import './row-diff.css'

type Row = Record<string, unknown>

/** A row before and after, field by field; what stays is quiet. */
export function RowDiff({ before, after }: { before: Row | undefined; after: Row | undefined }) {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  return (
    <table className="row-diff">
      <thead className="hidden-visually">
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => {
          const was = before && show(before[field])
          const is = after && show(after[field])
          const changed = was !== is
          return (
            <tr key={field} className={changed ? undefined : 'same'}>
              <th scope="row">{field}</th>
              <td>{was !== undefined && <span className={changed ? 'gone' : undefined}>{was}</span>}</td>
              <td>{is !== undefined && <span className={changed ? 'come' : undefined}>{is}</span>}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function show(value: unknown): string {
  if (value === undefined) return '–'
  return typeof value === 'string' ? value || '(empty)' : JSON.stringify(value)
}
