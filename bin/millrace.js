#!/usr/bin/env node
// Runs on whatever Node the machine has and hands over to the Node 24 that npm installed (package `node`),
// because the rest is TypeScript that Node 24 runs as it is.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const command = join(dirname(dirname(fileURLToPath(import.meta.url))), 'desktop/cli/index.ts')

if (Number(process.versions.node.split('.')[0]) >= 24) await import(pathToFileURL(command).href)
else handOver()

function handOver() {
  const bundled = createRequire(import.meta.url).resolve('node/bin/node')
  // The channel tells the command when this process is gone, however it went, so that no orphan goes on.
  const child = spawn(bundled, [command, ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  // Ctrl-C reaches both by the terminal; what is sent to this process alone is passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}
