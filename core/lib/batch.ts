/** Regroups a stream of batches into batches of exactly `size` items (the last may be smaller; none is empty). */
export async function* batches<T>(input: AsyncIterable<readonly T[]>, size: number): AsyncGenerator<T[]> {
  let pending: T[] = []
  for await (const items of input) {
    for (const item of items) {
      pending.push(item)
      if (pending.length === size) {
        yield pending
        pending = []
      }
    }
  }
  if (pending.length > 0) yield pending
}

/** All items of a stream of batches. Only for streams known to be small. */
export async function collect<T>(input: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const items of input) all.push(...items)
  return all
}

/** Items at hand as a stream of one batch. */
export async function* oneBatch<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  yield items
}
