import { serveCollector } from './serve.ts'

await serveCollector(process.argv.slice(2), process.env)
