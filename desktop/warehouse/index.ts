// libuv makes its pool at its first use, with the size that the environment says then: before anything else.
// Every statement that runs holds one of its threads.
process.env['UV_THREADPOOL_SIZE'] = '136'
const { serve } = await import('./serve.ts')
await serve(process.argv.slice(2))

export {}
