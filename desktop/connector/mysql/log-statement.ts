/** What a statement of the log means for the rows of tables; nothing for most of them. */
export type Effect = {
  /** Tables of the database whose rows went, came or changed without the log telling which. */
  replaced: string[]
  /** Tables that may have got other values in rows that the log does not tell: by a default, or another type. */
  altered: string[]
}

const name = '(?:`(?:[^`]|``)+`|[\\w$\\u0080-\\uffff]+)'
const qualified = `(?:${name}\\s*\\.\\s*)?${name}`
const isOf = (pattern: string) => new RegExp(pattern, 'i')

const truncate = isOf(`^truncate\\s+(?:table\\s+)?(${qualified})`)
const drop = isOf(`^drop\\s+tables?\\s+(?:if\\s+exists\\s+)?(${qualified}(?:\\s*,\\s*${qualified})*)`)
const replace = isOf(`^create\\s+or\\s+replace\\s+table\\s+(${qualified})`)
const rename = isOf(`\\bto\\s+(${qualified})`)
const alter = isOf(`^alter\\s+(?:online\\s+|ignore\\s+)*table\\s+(?:if\\s+exists\\s+)?(${qualified})([\\s\\S]*)$`)
const write = isOf(`^(?:insert|replace|update|delete|load)\\b`)
const movesRows = /\b(?:drop|truncate|exchange|discard|import)\s+(?:partition|tablespace)\b/i
/** An added column without a default is NULL in the rows that were there; all else may be another value. */
const changesValues =
  /\bdefault\s+(?!null)|\bnot\s+null\b|\b(?:modify|change|convert|generated|persistent|stored|virtual)\b|\bas\s*\(|\brename\s+column\b/i

/** `schema` is the database that the statement was run in. */
export function effectOf(sql: string, schema: string, database: string): Effect {
  const statement = sql.replaceAll(/\/\*[\s\S]*?\*\//g, ' ').trim()
  const own = (names: readonly string[]) =>
    names.flatMap((full) => {
      const parts = full
        .match(new RegExp(name, 'g'))!
        .map((part) => (part.startsWith('`') ? part.slice(1, -1).replaceAll('``', '`') : part))
      return (parts.length === 1 ? schema : parts[0]) === database ? [parts.at(-1)!] : []
    })
  const replaced = (names: readonly string[]): Effect => ({ replaced: own(names), altered: [] })

  const cleared = truncate.exec(statement) ?? replace.exec(statement)
  if (cleared !== null) return replaced([cleared[1]!])
  const dropped = drop.exec(statement)
  if (dropped !== null) return replaced(dropped[1]!.match(new RegExp(qualified, 'gi'))!)
  if (/^rename\s+tables?\b/i.test(statement)) {
    return replaced([...statement.matchAll(new RegExp(rename, 'gi'))].map((match) => match[1]!))
  }
  const altered = alter.exec(statement)
  if (altered !== null) {
    const [, table, changes] = altered
    if (movesRows.test(changes!)) return replaced([table!])
    const renamed = isOf(`\\brename\\s+(?:to\\s+|as\\s+)?(?!column\\b|index\\b|key\\b)(${qualified})\\s*$`).exec(changes!)
    if (renamed !== null) return replaced([renamed[1]!])
    return { replaced: [], altered: changesValues.test(changes!) ? own([table!]) : [] }
  }
  // Rows written by a statement, not as rows: a session that set another binlog_format.
  if (write.test(statement)) return replaced(statement.replaceAll(/'(?:[^'\\]|\\.|'')*'/g, "''").match(new RegExp(qualified, 'gi')) ?? [])
  return { replaced: [], altered: [] }
}
