import { ChevronRight, Database, Eye, Play, Table2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { MethodOutput } from '#core/host/contract.ts'
import { IconButton } from '../../components/button.tsx'
import { ErrorNotice } from '../../components/notice.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { formatNumber } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { openTable, quote } from './open-table.ts'

type Table = MethodOutput<'sql.schema'>['tables'][number]

/** Databases, tables, columns. A click opens; a double click puts the name into the query. */
export function SchemaTree({ onInsert }: { onInsert: (text: string) => void }) {
  const { data, error, refetch } = useCall('sql.schema', {}, { staleTime: 30_000 })
  const [search, setSearch] = useState('')
  const databases = useMemo(() => groupByDatabase(data?.tables ?? [], search.trim().toLowerCase()), [data, search])
  return (
    <aside className="schema" aria-label="Schema">
      <div className="schema-search">
        <SearchField label="Tables and columns" value={search} onChange={setSearch} />
      </div>
      <div className="schema-tree">
        {error && !data && <ErrorNotice error={error} onRetry={() => void refetch()} />}
        {!error && !data && <SkeletonRows rows={8} label="Loading the schema" />}
        {data && databases.length === 0 && (
          <p className="schema-none">{search ? 'Nothing is called that.' : 'The warehouse has no tables yet.'}</p>
        )}
        {databases.map(([database, tables]) => (
          <DatabaseBranch key={database} name={database} tables={tables} search={search.trim()} onInsert={onInsert} />
        ))}
      </div>
    </aside>
  )
}

function DatabaseBranch({
  name,
  tables,
  search,
  onInsert,
}: {
  name: string
  tables: Table[]
  search: string
  onInsert: (text: string) => void
}) {
  const [open, setOpen] = useState(name !== 'system' && name !== 'information_schema')
  const shown = open || search !== ''
  return (
    <section aria-label={`Database ${name}`}>
      <button type="button" className="schema-line" aria-expanded={shown} onClick={() => setOpen(!open)}>
        <ChevronRight size={12} className={shown ? 'caret open' : 'caret'} aria-hidden />
        <Database size={13} aria-hidden />
        <strong className="clip">{name}</strong>
        <span className="schema-note">{tables.length}</span>
      </button>
      {shown && (
        <ul>
          {tables.map((table) => (
            <TableBranch key={table.table} table={table} search={search} onInsert={onInsert} />
          ))}
        </ul>
      )}
    </section>
  )
}

function TableBranch({ table, search, onInsert }: { table: Table; search: string; onInsert: (text: string) => void }) {
  const byColumn = search !== '' && !`${table.database}.${table.table}`.toLowerCase().includes(search.toLowerCase())
  const [open, setOpen] = useState(false)
  const shown = open || byColumn
  const Icon = table.kind === 'view' ? Eye : Table2
  const columns = byColumn ? table.columns.filter((column) => column.name.toLowerCase().includes(search.toLowerCase())) : table.columns
  return (
    <li>
      <div className="schema-table">
        <button
          type="button"
          className="schema-line"
          style={{ paddingLeft: 18 }}
          aria-expanded={shown}
          title={`${table.kind} ${table.database}.${table.table}`}
          onClick={() => setOpen(!open)}
          onDoubleClick={() => onInsert(`${quote(table.database)}.${quote(table.table)}`)}
        >
          <ChevronRight size={12} className={shown ? 'caret open' : 'caret'} aria-hidden />
          <Icon size={13} aria-hidden />
          <span className="clip">{table.table}</span>
          <span className="schema-note">{table.rows === undefined ? (table.kind === 'view' ? 'view' : '') : formatNumber(table.rows)}</span>
        </button>
        <IconButton
          icon={Play}
          size={12}
          label={`Show rows of ${table.database}.${table.table}`}
          onClick={() => openTable(table.database, table.table)}
        />
      </div>
      {shown && (
        <ul className="schema-columns">
          {columns.map((column) => (
            <li key={column.name}>
              <button
                type="button"
                className="schema-line"
                style={{ paddingLeft: 49 }}
                title={`${column.name} ${column.type}`}
                onClick={() => onInsert(quote(column.name))}
              >
                <span className="clip">{column.name}</span>
                <span className="schema-note clip">{shortType(column.type)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

function groupByDatabase(tables: Table[], search: string): [string, Table[]][] {
  const groups = new Map<string, Table[]>()
  for (const table of tables) {
    const found =
      search === '' ||
      `${table.database}.${table.table}`.toLowerCase().includes(search) ||
      table.columns.some((column) => column.name.toLowerCase().includes(search))
    if (found) groups.set(table.database, [...(groups.get(table.database) ?? []), table])
  }
  return [...groups].toSorted(([a], [b]) => Number(a === 'system') - Number(b === 'system') || a.localeCompare(b))
}

/** A type without what only the engine cares about: LowCardinality(String) → String. */
function shortType(type: string): string {
  return type.replaceAll(/LowCardinality\(([^()]+)\)/g, '$1').replace(/^Nullable\((.+)\)$/, '$1?')
}
