/** Parts of one item that may wait to be taken: enough to keep its work going, little enough for memory. */
const maxWaiting = 2

interface Work<Item, Part> {
  item: Item
  parts: Part[]
  isDone: boolean
  failure?: { thrown: unknown }
}

/**
 * Works on up to `width` items at once and yields their parts in the order of the items, as if they had
 * been worked on one by one: each part with its item, and at an item's end the item alone. The first
 * failure, in that order, is thrown; what is still under way then, or when the caller stops, is aborted.
 */
export async function* inOrder<Item, Part>(
  items: (signal: AbortSignal) => AsyncIterable<Item>,
  width: number,
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => AsyncIterable<Part>,
): AsyncGenerator<{ item: Item; part?: Part }> {
  if (width <= 1) {
    for await (const item of items(signal)) {
      for await (const part of work(item, signal)) yield { item, part }
      yield { item }
    }
    return
  }
  const stop = new AbortController()
  const inner = AbortSignal.any([signal, stop.signal])
  const source = items(inner)[Symbol.asyncIterator]()
  const queue: Work<Item, Part>[] = []
  let isExhausted = false
  let sourceFailure: { thrown: unknown } | undefined
  let wake = Promise.withResolvers<void>()
  const notify = () => {
    wake.resolve()
    wake = Promise.withResolvers()
  }

  const run = async (entry: Work<Item, Part>): Promise<void> => {
    try {
      for await (const part of work(entry.item, inner)) {
        entry.parts.push(part)
        notify()
        while (entry.parts.length >= maxWaiting && !inner.aborted) await wake.promise
        inner.throwIfAborted()
      }
    } catch (thrown) {
      entry.failure = { thrown }
    }
    entry.isDone = true
    notify()
  }

  const pull = async (): Promise<void> => {
    try {
      while (!isExhausted && !inner.aborted) {
        if (queue.length >= width) await wake.promise
        else {
          const { done, value } = await source.next()
          if (done === true) isExhausted = true
          else {
            const entry: Work<Item, Part> = { item: value, parts: [], isDone: false }
            queue.push(entry)
            void run(entry)
          }
          notify()
        }
      }
    } catch (thrown) {
      sourceFailure = { thrown }
    }
    isExhausted = true
    notify()
  }

  const pulling = pull()
  try {
    for (;;) {
      const head = queue[0]
      if (head === undefined) {
        if (isExhausted) {
          if (sourceFailure !== undefined) throw sourceFailure.thrown
          signal.throwIfAborted()
          return
        }
        await wake.promise
      } else if (head.parts.length > 0) {
        const part = head.parts.shift()!
        notify()
        yield { item: head.item, part }
      } else if (head.failure !== undefined) throw head.failure.thrown
      else if (head.isDone) {
        yield { item: head.item }
        queue.shift()
        notify()
      } else await wake.promise
    }
  } finally {
    stop.abort()
    notify()
    await pulling.catch(() => undefined)
    await source.return?.()
  }
}
