import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { sql, type SQLNamespace } from '@codemirror/lang-sql'
import type { Extension } from '@codemirror/state'
import { useMemo } from 'react'
import type { MethodOutput } from '#core/host/contract.ts'
import { clickhouseDialect } from '../../code/dialect.ts'
import { useCall } from '../../data/host.tsx'

type Table = MethodOutput<'sql.schema'>['tables'][number]

export interface SqlNames {
  tables: Table[]
  functions: Completion[]
}

/** What can be completed: tables and columns from the schema, functions from the engine itself. */
export function useSqlNames(): SqlNames {
  const schema = useCall('sql.schema', {}, { staleTime: 60_000 })
  const functions = useCall(
    'sql.run',
    { sql: 'SELECT name, is_aggregate FROM system.functions ORDER BY name', queryId: 'studio-functions', limit: 10_000 },
    { staleTime: Number.POSITIVE_INFINITY },
  )
  return useMemo(
    () => ({
      tables: schema.data?.tables ?? [],
      functions: (functions.data?.rows ?? []).map(([name, aggregate]) => ({
        label: String(name),
        type: 'function',
        detail: Number(aggregate) ? 'aggregate' : 'function',
        apply: `${String(name)}(`,
        boost: -1,
      })),
    }),
    [schema.data, functions.data],
  )
}

/** The language with its completions. */
export function completions({ tables, functions }: SqlNames): Extension {
  return [
    sql({ dialect: clickhouseDialect, schema: namespace(tables), upperCaseKeywords: true }),
    clickhouseDialect.language.data.of({ autocomplete: (context: CompletionContext) => completeWord(context, tables, functions) }),
  ]
}

/** database → table → columns: what lang-sql completes behind a dot. */
function namespace(tables: Table[]): SQLNamespace {
  const databases: Record<string, Record<string, Completion[]>> = {}
  for (const { database, table, columns } of tables) {
    databases[database] ??= {}
    databases[database][table] = columns.map(({ name, type }) => ({ label: name, type: 'property', detail: type }))
  }
  return databases
}

/** Functions, and the columns of the tables that the text names. */
function completeWord(context: CompletionContext, tables: Table[], functions: Completion[]): CompletionResult | null {
  const word = context.matchBefore(/[A-Za-z_]\w*/)
  if (word === null || context.state.sliceDoc(word.from - 1, word.from) === '.') return null
  const text = context.state.doc.toString()
  const named = tables.filter(({ database, table }) => text.includes(`${database}.${table}`))
  const columns = new Map<string, Completion>()
  for (const { table, columns: own } of named) {
    for (const { name, type } of own) columns.set(name, { label: name, type: 'property', detail: `${type}  ${table}`, boost: 2 })
  }
  return { from: word.from, options: [...columns.values(), ...functions], validFor: /^\w*$/ }
}
