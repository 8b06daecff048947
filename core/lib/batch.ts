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
