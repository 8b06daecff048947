import type { Selection, SourceRow, SourceTable, TableAccess } from './table-access.ts'

const startRows = 500
const mostRows = 20_000
const wantedBytes = 4_000_000

/** The selection in pages, each asked for on its own: no cursor or transaction stays open while a page is loaded. */
export async function* pages<Table extends SourceTable>(
  access: TableAccess<Table>,
  table: Table,
  selection: Selection,
): AsyncGenerator<SourceRow[]> {
  if (access.isStreaming) return yield* access.rows(table, selection)
  const size = new PageSize()
  let after = selection.after
  for (;;) {
    const limit = size.rows
    let count = 0
    for await (const page of access.rows(table, { ...selection, after, limit })) {
      count += page.length
      after = page.at(-1)!.position
      size.learn(page)
      yield page
    }
    if (count < limit) return
  }
}

/** How many rows a page may have, so that it is about 4 MB whatever the rows are like: learned from the pages before. */
class PageSize {
  rows = startRows

  /** A sample of the page will do: exact sizes would cost as much as the read. */
  learn(page: readonly SourceRow[]): void {
    const step = Math.ceil(page.length / 16)
    let bytes = 0
    let count = 0
    for (let index = 0; index < page.length; index += step) {
      bytes += JSON.stringify(page[index]!.record).length
      count++
    }
    const fitting = Math.floor(wantedBytes / Math.max(1, bytes / count))
    this.rows = Math.max(1, Math.min(mostRows, this.rows * 4, fitting))
  }
}
