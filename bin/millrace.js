#!/usr/bin/env node
// Runs on whatever Node the machine has and hands over to the Node 24 that npm installed (package `node`),
// because the rest is TypeScript that Node 24 runs as it is.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bundled = createRequire(import.meta.url).resolve('node/bin/node')
const { status, signal } = spawnSync(bundled, [join(root, 'desktop/cli/index.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
process.exitCode = status ?? (signal === 'SIGINT' ? 130 : 1)
