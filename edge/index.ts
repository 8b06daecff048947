import { createApp } from './app.ts'

export { Publication } from './publication.ts'
export { Spool } from './spool/spool.ts'
export { Outbound } from './transform/outbound.ts'

export default createApp()
