#!/usr/bin/env node
// Runs on whatever Node the machine has and hands over to the Node 24 that npm installed (package `node`),
// because the rest is TypeScript that Node 24 runs as it is.
import { spawn } from 'node:child_process'
import module, { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const command = join(root, 'desktop/cli/index.ts')
// What was compiled once need not be again, which is half of what a short command takes (Node's docs: "Module compile
// cache"). In a folder of the package's own: the usual one, in the temporary folder, is anybody's.
const compiled = join(root, 'node_modules', '.cache', 'millrace')

if (Number(process.versions.node.split('.')[0]) >= 24) {
  module.enableCompileCache(compiled)
  await import(pathToFileURL(command).href)
} else handOver()

function handOver() {
  const bundled = createRequire(import.meta.url).resolve('node/bin/node')
  // The channel tells the command when this process is gone, however it went, so that no orphan goes on.
  // Megabytes of V8's young generation, which else grows by what a busy run allocates, not by what it needs.
  const child = spawn(bundled, ['--max-semi-space-size=16', command, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { NODE_COMPILE_CACHE: compiled, ...process.env },
  })
  // Ctrl-C reaches both by the terminal; what is sent to this process alone is passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}
