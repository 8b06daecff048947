/**
 * Statements at a time, by kind, so that no kind waits for another: a slow query never blocks an insert.
 * The engine keeps three open files for each thread it has run on, of the 1024 that a process often may have.
 */
export const slotCounts = { rows: 32, data: 16, other: 16 }

export const slotCount = slotCounts.rows + slotCounts.data + slotCounts.other

/** libuv's threads: each statement that runs holds one, an upload one more while it opens its pipe; some are for files and compression. */
export const poolSize = slotCount + slotCounts.data + 16
