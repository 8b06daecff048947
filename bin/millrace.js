#!/usr/bin/env node
// Runs on whatever Node the machine has and hands over to the Node 24 that npm installed (package `node`),
// because the rest is TypeScript that Node 24 runs as it is.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node = createRequire(import.meta.url).resolve('node/bin/node')
const child = spawn(node, [join(root, 'desktop/cli/index.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })

// Ctrl-C reaches the child by itself; the parent only has to outlive it, and to pass on what reaches it alone.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
})
