import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { findElectron } from '../electron.ts'
import type { Finding } from './finding.ts'

const require = createRequire(import.meta.url)
const run = promisify(execFile)
const reinstall = 'Run `npm ci` again, with its install scripts allowed.'

/** The programs and libraries that Millrace is made of: each is tried, not just looked for. */
export function checkParts(): Promise<Finding[]> {
  return Promise.all([checkNode(), checkSqlite(), checkChdb(), checkWorkerd(), checkElectron()])
}

async function checkNode(): Promise<Finding> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fits = major > 22 || (major === 22 && minor >= 12)
  return {
    name: 'node',
    state: fits ? 'ok' : 'missing',
    detail: process.versions.node,
    ...(fits ? {} : { mend: 'Millrace needs Node 22.12 or newer; `npm ci` brings one.' }),
  }
}

async function checkSqlite(): Promise<Finding> {
  return attempt('sqlite', reinstall, async () => {
    const database = new Database(':memory:')
    try {
      return `${database.prepare('SELECT sqlite_version()').pluck().get()} (better-sqlite3 ${versionOf('better-sqlite3')})`
    } finally {
      database.close()
    }
  })
}

/** In a process of its own: where the engine does not fit the machine, it does not fail, it crashes. */
async function checkChdb(): Promise<Finding> {
  const mend = process.platform === 'win32' ? 'chDB has no build for Windows: name a ClickHouse server in millrace.yaml.' : reinstall
  return attempt('chdb', mend, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-doctor-'))
    try {
      const script = `import { Session } from 'chdb'; const s = new Session(process.argv[1]); process.stdout.write(s.query('SELECT version()', 'TSV')); s.close?.()`
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, folder], {
        timeout: 60_000,
        cwd: join(import.meta.dirname, '..'),
      })
      return `ClickHouse ${stdout.trim()} (chdb ${versionOf('chdb')})`
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

async function checkWorkerd(): Promise<Finding> {
  return attempt('workerd', reinstall, async () => {
    const binary = (require('workerd') as { default: string }).default
    const { stdout } = await run(binary, ['--version'], { timeout: 30_000 })
    return stdout.trim()
  })
}

async function checkElectron(): Promise<Finding> {
  const { path, missing } = findElectron(process.env)
  const detail = versionOf('electron')
  if (path !== undefined) return { name: 'electron', state: 'ok', detail }
  return {
    name: 'electron',
    state: 'info',
    detail: `${detail}, not usable here: the studio opens in the browser`,
    ...(missing === undefined ? {} : { mend: missing }),
  }
}

async function attempt(name: string, mend: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { name, state: 'ok', detail: await look() }
  } catch (thrown) {
    return { name, state: 'missing', detail: (thrown as Error).message.split('\n')[0]!, mend }
  }
}

function versionOf(name: string): string {
  // Not every package lets its package.json be required by name.
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as { version: string }).version
    } catch {
      // Not in this one.
    }
  }
  return 'unknown version'
}
