/** urllib.parse.quote(): letters, digits and _.-~ stay, and what `safe` names. Half of a surrogate pair is written as U+FFFD. */
export function quote(text: string, safe: '' | '/'): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()*]|%2F/g, (part) => {
    if (part === '%2F') return safe === '/' ? '/' : part
    return `%${part.codePointAt(0)!.toString(16).toUpperCase()}`
  })
}
