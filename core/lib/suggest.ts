/** The known name that `name` is most likely a misspelling of, if any is close enough. */
export function suggest(name: string, known: Iterable<string>): string | undefined {
  let best: { name: string; distance: number } | undefined
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance <= Math.max(1, Math.floor(candidate.length / 3)) && (best === undefined || distance < best.distance)) {
      best = { name: candidate, distance }
    }
  }
  return best?.name
}

/** `Did you mean "x"?`, or else what there is, or that there is nothing. */
export function didYouMean(name: string, known: readonly string[], what: string): string {
  const near = suggest(name, known)
  if (near !== undefined) return `Did you mean "${near}"?`
  if (known.length === 0) return `There are no ${what} yet.`
  const shown = known.slice(0, 12)
  return `There are these ${what}: ${shown.join(', ')}${known.length > shown.length ? ', …' : ''}.`
}

/** Levenshtein's distance, a swap of neighbours counting as one (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let previous: number[] = []
  let current = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let distance = Math.min(row[j - 1]! + 1, current[j]! + 1, current[j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) distance = Math.min(distance, previous[j - 2]! + 1)
      row.push(distance)
    }
    previous = current
    current = row
  }
  return current[b.length]!
}
