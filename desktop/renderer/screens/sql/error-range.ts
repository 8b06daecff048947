import type { Range } from '../../code/error-mark.ts'

/**
 * The place that ClickHouse's error text names within `sql`, moved by `offset`: its position of a
 * syntax error (`failed at position 10 ('FORM')`, counted from 1 in bytes, with line and column when there
 * is more than one line), or a name it does not know. Undefined when it names none.
 */
export function errorRange(message: string, sql: string, offset: number): Range | undefined {
  return syntaxError(message, sql, offset) ?? unknownName(message, sql, offset)
}

function syntaxError(message: string, sql: string, offset: number): Range | undefined {
  const [, position, token = ''] = /failed at position (\d+)(?: \('?([^')]*)'?\))?/.exec(message) ?? []
  if (position === undefined) return undefined
  const from = Math.min(characterAt(sql, Number(position) - 1), Math.max(0, sql.length - 1))
  const length =
    token !== '' && token !== 'end of query' && sql.startsWith(token, from)
      ? token.length
      : Math.max(1, /^\w+/.exec(sql.slice(from))?.[0].length ?? 1)
  return { from: offset + from, to: offset + Math.min(sql.length, from + length) }
}

const names = [
  /(?:Unknown|Missing) (?:table )?(?:expression )?(?:or function )?(?:identifier|columns?):? ['`"]([^'`"]+)['`"]/i,
  /Table (\S+) does not exist/i,
  /Database (\S+) does not exist/i,
  /[Ff]unction (?:with name )?['`"]?([\w.]+)['`"]? does not exist/,
  /Unknown function (\w+)/i,
  /There is no column with name `?(\w+)`?/i,
]

function unknownName(message: string, sql: string, offset: number): Range | undefined {
  for (const pattern of names) {
    const name = pattern.exec(message)?.[1]?.replaceAll('`', '').replace(/[.,]$/, '')
    if (name === undefined) continue
    const found = new RegExp(`(?<![\\w.])${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?!\\w)`).exec(sql)
    if (found) return { from: offset + found.index, to: offset + found.index + name.length }
  }
  return undefined
}

/** ClickHouse counts bytes; an editor counts UTF-16 units. */
function characterAt(text: string, byte: number): number {
  let bytes = 0
  let at = 0
  for (const character of text) {
    if (bytes >= byte) break
    bytes += new TextEncoder().encode(character).length
    at += character.length
  }
  return at
}
