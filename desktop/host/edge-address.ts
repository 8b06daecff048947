/** Where a collector is, and what its admin routes want. */
export interface EdgeAddress {
  url: string
  adminToken: string
}
