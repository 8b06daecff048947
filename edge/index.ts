import { createApp } from './app.ts'

export { Publication } from './publication.ts'
export { Spool } from './spool/spool.ts'
export { Users } from './users/users.ts'
export { Outbound } from './transform/outbound.ts'

export default createApp()
