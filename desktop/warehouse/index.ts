import process from 'node:process'
import { poolSize } from './engine/pool-size.ts'

// libuv makes its pool at its first use, with the size that the environment says then: this must stand before
// anything that uses it is loaded.
process.env['UV_THREADPOOL_SIZE'] = String(poolSize)
const { serve } = await import('./serve.ts')
await serve(process.argv.slice(2))
