/** Yields what the input yields, and fetches the next item while the current one is worked on: one item ahead, never more. */
export async function* ahead<Item>(input: AsyncIterable<Item>): AsyncGenerator<Item> {
  const iterator = input[Symbol.asyncIterator]()
  let pending = iterator.next()
  try {
    for (;;) {
      const { done, value } = await pending
      if (done === true) return
      pending = iterator.next()
      // Its failure is met when it is awaited; until then it must not count as unhandled.
      pending.catch(() => undefined)
      yield value
    }
  } finally {
    await iterator.return?.()
  }
}
