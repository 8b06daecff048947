import crawlers from 'crawler-user-agents'
import { Memo } from './memo.ts'
import { maxUserAgent } from './user-agent.ts'

/**
 * Tells crawlers, monitors and headless browsers by their user agent (the list is github.com/monperrus/crawler-user-agents).
 * Its HTTP libraries are left out: they name the program that sends, as apps (okhttp) and servers (axios) do too.
 */
export class Bots {
  #pattern: RegExp | undefined
  readonly #names = new Memo<string>(2000)

  /** The bot's name, as far as its user agent tells it; undefined when it is none. */
  nameOf(userAgent: string): string | undefined {
    const start = userAgent.length > maxUserAgent ? userAgent.slice(0, maxUserAgent) : userAgent
    return this.#names.of(start, () => this.#find(start)) || undefined
  }

  #find(userAgent: string): string {
    this.#pattern ??= combined()
    const [match] = this.#pattern.exec(userAgent) ?? []
    if (match === undefined) return ''
    // Patterns end in what sets a name off: "Googlebot/", "(^| )PTST/".
    return match.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '') || 'unknown'
  }
}

/** One for all: 1,500 one by one would take a hundred times as long. */
function combined(): RegExp {
  const patterns = (crawlers as { pattern: string; tags?: string[] }[]).filter(({ tags }) => !tags?.includes('http-library'))
  return new RegExp(patterns.map(({ pattern }) => `(?:${pattern})`).join('|'))
}
