import { identifier, literal } from '#core/warehouse/sql.ts'

/** What a request brings along for its one statement. */
export interface Context {
  database: string | undefined
  settings: readonly (readonly [name: string, value: string])[]
  /** Query parameters, in ClickHouse's Escaped form, as the URL carries them. */
  params: readonly (readonly [name: string, value: string])[]
  roles: readonly string[]
  /** As GET is: nothing may be written or created. */
  readonly: boolean
}

// chDB's engine starts with the defaults of the command-line client; these make it a server's.
const serverSettings: Context['settings'] = [
  ['implicit_select', '0'],
  ['allow_introspection_functions', '0'],
  ['storage_file_read_method', 'pread'],
]

/** The statements that bring a new connection into a context. `readonly` comes last: after it nothing can be set. */
export function contextStatements(context: Context): string[] {
  const statements: string[] = []
  if (context.database !== undefined && context.database !== '') statements.push(`USE ${identifier(context.database)}`)
  if (context.roles.length > 0) statements.push(`SET ROLE ${context.roles.map(identifier).join(', ')}`)
  const given = context.settings.filter(([name]) => name !== 'readonly')
  const pairs = [...serverSettings, ...given, ...context.params.map(([name, value]) => [`param_${name}`, value] as const)]
  const set = `SET ${pairs.map(([name, value]) => `${name} = ${literal(value)}`).join(', ')}`
  const isLong = set.length > shortSet
  if (isLong) statements.push(`SET max_query_size = ${set.length * 4 + shortSet}`)
  statements.push(set)
  if (isLong && !given.some(([name]) => name === 'max_query_size')) statements.push('SET max_query_size = DEFAULT')
  const readonly = context.settings.find(([name]) => name === 'readonly')?.[1] ?? (context.readonly ? '2' : undefined)
  if (readonly !== undefined && readonly !== '0') statements.push(`SET readonly = ${literal(readonly)}`)
  else if (readonly === '0' && context.readonly) statements.push('SET readonly = 2')
  return statements
}

/** Characters of a SET that certainly fits into the default max_query_size; long parameters do not. */
const shortSet = 60_000

const settingName = /^[A-Za-z_][A-Za-z0-9_]*$/

export function isSettingName(name: string): boolean {
  return settingName.test(name)
}
