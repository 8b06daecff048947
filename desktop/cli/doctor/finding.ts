/** One thing the doctor looked at. `missing` keeps Millrace from working, `warning` from working well. */
export interface Finding {
  name: string
  state: 'ok' | 'info' | 'warning' | 'missing'
  detail: string
  mend?: string
}
