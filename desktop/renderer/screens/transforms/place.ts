/** A place in the file of a transform. */
export interface Place {
  line: number
  column: number | undefined
}

/** A text cut where it names a place in `file` (`transforms/mask.ts:13:5`): plain parts, and places with what they were written as. */
export function splitByPlaces(text: string, file: string): (string | (Place & { text: string }))[] {
  const pattern = new RegExp(`${file.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+)(?::(\\d+))?`, 'g')
  const parts: (string | (Place & { text: string }))[] = []
  let at = 0
  for (const match of text.matchAll(pattern)) {
    const [written, line, column] = match
    if (match.index > at) parts.push(text.slice(at, match.index))
    parts.push({ text: written, line: Number(line), column: column === undefined ? undefined : Number(column) })
    at = match.index + written.length
  }
  if (at < text.length) parts.push(text.slice(at))
  return parts
}

/** The first place in `file` that a text names. */
export function firstPlace(text: string, file: string): Place | undefined {
  return splitByPlaces(text, file).find((part) => typeof part !== 'string')
}
