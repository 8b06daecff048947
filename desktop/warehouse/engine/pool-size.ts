/** Statements at a time, by kind, so that no kind waits for another: a slow query never blocks an insert. */
export const slotCounts = { rows: 48, data: 32, other: 32 }

export const slotCount = slotCounts.rows + slotCounts.data + slotCounts.other

/** libuv's threads: each statement that runs holds one, an upload one more while it opens its pipe; some are for files and compression. */
export const poolSize = slotCount + slotCounts.data + 24
