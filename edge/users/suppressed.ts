import type { UserSet } from '#core/event/user-ids.ts'
import type { Changes } from './suppression-list.ts'

interface Reader {
  changes(after: number): Promise<Changes | undefined>
}

/** What an isolate remembers of who is suppressed, so that a request needs no call, and costs nothing when it is nobody. */
export class Suppressed {
  readonly #freshFor: number
  #userIds = new Set<string>()
  #anonymousIds = new Set<string>()
  #users: UserSet | undefined
  #version = 0
  #readAt = -Infinity
  #read = false

  /** @param freshFor how long it goes by what it has read, in milliseconds */
  constructor(freshFor: number) {
    this.#freshFor = freshFor
  }

  /** Undefined: nobody is. */
  get users(): UserSet | undefined {
    return this.#users
  }

  isFresh(now: number): boolean {
    return now - this.#readAt <= this.#freshFor
  }

  /** Reads what has changed. Throws where that cannot be read. */
  async refresh(reader: () => Reader, now: number): Promise<void> {
    // One request reads; the others go by what is known meanwhile, if anything is.
    if (this.#read) this.#readAt = now
    try {
      for (;;) {
        const changes = await reader().changes(this.#version)
        if (changes !== undefined) this.#take(changes)
        if (changes?.more !== true) break
      }
      this.#readAt = now
      this.#read = true
    } catch (thrown) {
      this.#readAt = -Infinity
      throw thrown
    }
  }

  #take({ version, added, removed }: Changes): void {
    // Requests that read at the same time may be answered in any order.
    if (version <= this.#version) return
    this.#version = version
    for (const [kind, id] of added) this.#setOf(kind).add(id)
    for (const [kind, id] of removed) this.#setOf(kind).delete(id)
    const empty = this.#userIds.size === 0 && this.#anonymousIds.size === 0
    this.#users = empty ? undefined : { userIds: this.#userIds, anonymousIds: this.#anonymousIds }
  }

  #setOf(kind: 'user' | 'anonymous'): Set<string> {
    return kind === 'user' ? this.#userIds : this.#anonymousIds
  }
}
