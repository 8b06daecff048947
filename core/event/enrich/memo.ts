/** Remembers what is costly to work out of a text. Past its size it starts anew: senders may make up texts without end. */
export class Memo<Value extends {} | null> {
  readonly #known = new Map<string, Value>()
  readonly #size: number

  constructor(size: number) {
    this.#size = size
  }

  of(text: string, make: () => Value): Value {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const made = make()
    if (this.#known.size >= this.#size) this.#known.clear()
    this.#known.set(text, made)
    return made
  }
}
