import { formatDialect, clickhouse } from 'sql-formatter'

/** The SQL laid out anew; undefined when the formatter cannot read it. */
export function formatSql(text: string): string | undefined {
  try {
    return `${formatDialect(text, { dialect: clickhouse, keywordCase: 'upper', tabWidth: 4, expressionWidth: 80, linesBetweenQueries: 2 })}\n`
  } catch {
    return undefined
  }
}
