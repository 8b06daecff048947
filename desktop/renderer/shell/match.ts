/**
 * How well a text answers a search: 0 is not at all. Every word of the search must be found, whole at
 * the start of a word (best), somewhere inside, or with its letters in order.
 */
export function matchScore(text: string, search: string): number {
  const hay = text.toLowerCase()
  let score = 1
  for (const word of search.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = hay.indexOf(word)
    if (at === 0 || (at > 0 && /[^a-z0-9]/.test(hay[at - 1]!))) score += 4
    else if (at > 0) score += 2
    else if (inOrder(hay, word)) score += 1
    else return 0
  }
  return score
}

function inOrder(hay: string, word: string): boolean {
  let from = 0
  for (const letter of word) {
    from = hay.indexOf(letter, from) + 1
    if (from === 0) return false
  }
  return true
}

/** True when every word of the search stands somewhere in the text: how lists are narrowed. */
export function contains(text: string, search: string): boolean {
  const hay = text.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word))
}
