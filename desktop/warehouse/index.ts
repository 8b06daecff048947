// libuv reads the size of its pool at the pool's first use: this must stand before anything else is imported.
process.env['UV_THREADPOOL_SIZE'] ??= '64'
const { serveWarehouse } = await import('./serve.ts')
await serveWarehouse(process.argv.slice(2))
export {}
