import type { SourceRow } from './table-access.ts'

const startRows = 500
const mostRows = 20_000
const wantedBytes = 4_000_000

/** How many rows a page may have, so that it is about 4 MB whatever the rows are like: learned from the pages before. */
export class PageSize {
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
