import './select.css'

/** One of several choices, the current one in sight. */
export function Select<Id extends string>({
  label,
  options,
  current,
  onChange,
}: {
  label: string
  options: { id: Id; title: string }[]
  current: Id
  onChange: (id: Id) => void
}) {
  return (
    <select className="select" aria-label={label} value={current} onChange={(event) => onChange(event.target.value as Id)}>
      {options.map(({ id, title }) => (
        <option key={id} value={id}>
          {title}
        </option>
      ))}
    </select>
  )
}
