/**
 * Takes secrets out of whatever leaves the host: log lines, errors, events. It knows the values that
 * were resolved, not their places, so a secret that a tool repeats in its error text goes too. Also
 * taken out: the form a secret has in a URL, in JSON and in a Basic header.
 */
export interface Redactor {
  /** From now on, this value is taken out. Values under 4 characters are too common to be told apart, and are not. */
  add(secret: string): void
  /** A copy of a JSON-like value with every secret in its strings replaced by `•••`. */
  redact<Value>(value: Value): Value
}

const mask = '•••'
const shortest = 4

export function createRedactor(): Redactor {
  // Longest first, so that a secret that contains another is replaced whole.
  let forms: string[] = []
  const redactText = (text: string) =>
    forms.reduce((result, form) => (result.includes(form) ? result.replaceAll(form, mask) : result), text)
  const redact = (value: unknown): unknown => {
    if (typeof value === 'string') return redactText(value)
    if (Array.isArray(value)) return value.map(redact)
    if (value instanceof Error) return redactText(value.message)
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [redactText(key), redact(item)]))
    }
    return value
  }
  return {
    add(secret) {
      if (secret.length < shortest) return
      const added = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...base64Forms(secret)]
      forms = [...new Set([...forms, ...added])].toSorted((a, b) => b.length - a.length)
    },
    redact: (value) => (forms.length === 0 ? value : (redact(value) as typeof value)),
  }
}

/** As it stands in base64 by itself, as a Basic user (`secret:`) and as a Basic password (`:secret`). */
function base64Forms(secret: string): string[] {
  return [secret, `${secret}:`, `:${secret}`].map((text) => Buffer.from(text).toString('base64'))
}
