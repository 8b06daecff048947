/** Not an error: the manifest's handler says that the pages have to be read again from the first. */
export class PaginationReset extends Error {
  override readonly name = 'PaginationReset'
}
