import type { Accepted } from './answer.ts'

/** Characters of answers that are kept; the longest unused go first. */
const capacity = 16_000_000

/** Answers of requesters with `use_cache`, for as long as one check or read lasts. */
export class AnswerCache {
  private readonly answers = new Map<string, Accepted>()
  private size = 0

  get(key: string): Accepted | undefined {
    const found = this.answers.get(key)
    if (found === undefined) return undefined
    // Re-inserted, so that the map's order is that of use. Records are changed by transformations: each reader has its own.
    this.answers.delete(key)
    this.answers.set(key, found)
    return { ...found, json: structuredClone(found.json) }
  }

  set(key: string, answer: Accepted): void {
    if (answer.text.length > capacity) return
    this.answers.set(key, { ...answer, json: structuredClone(answer.json) })
    this.size += answer.text.length
    for (const [oldest, { text }] of this.answers) {
      if (this.size <= capacity) return
      this.answers.delete(oldest)
      this.size -= text.length
    }
  }
}
