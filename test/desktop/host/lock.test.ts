import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { findHost, lockStack } from '#desktop/host/lock.ts'
import { hostPaths } from '#desktop/host/paths.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

function stack() {
  const paths = hostPaths(tempFolder())
  mkdirSync(paths.folder)
  return paths
}

describe('the lock of a stack', () => {
  it('is held by one at a time, and says by whom', () => {
    const paths = stack()
    const lock = lockStack(paths)
    expect(() => lockStack(paths)).toThrow(
      expect.objectContaining({ code: 'stack-busy', message: expect.stringContaining(String(process.pid)) }),
    )
    lock.release()
    lock.release()
    lockStack(paths).release()
  })

  it('tells where its holder is reached, to its owner alone', () => {
    const paths = stack()
    expect(findHost(paths)).toBeUndefined()
    const lock = lockStack(paths)
    expect(findHost(paths)).toEqual({ pid: process.pid })
    lock.announce({ url: 'http://127.0.0.1:1', token: 'secret' })
    expect(findHost(paths)).toEqual({ pid: process.pid, url: 'http://127.0.0.1:1', token: 'secret' })
    expect(statSync(paths.endpoint).mode & 0o777).toBe(0o600)
    lock.release()
    expect(findHost(paths)).toBeUndefined()
  })

  it('does not believe a file that a dead process left', () => {
    const paths = stack()
    writeFileSync(paths.endpoint, JSON.stringify({ pid: process.pid, url: 'http://127.0.0.1:1' }))
    expect(findHost(paths)).toBeUndefined()
    lockStack(paths).release()
  })

  it('is let go of when its holder is killed', async () => {
    const paths = stack()
    const lockModule = new URL('../../../desktop/host/lock.ts', import.meta.url).href
    const script = `import { lockStack } from ${JSON.stringify(lockModule)}; lockStack(${JSON.stringify(paths)}); console.log('held'); setInterval(() => {}, 1000)`
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: join(import.meta.dirname, '../../..'),
    })
    await once(holder.stdout, 'data')
    expect(() => lockStack(paths)).toThrow(
      expect.objectContaining({ code: 'stack-busy', message: expect.stringContaining(String(holder.pid)) }),
    )
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    lockStack(paths).release()
  })

  it('is refused to a second process', async () => {
    const paths = stack()
    const lock = lockStack(paths)
    const lockModule = new URL('../../../desktop/host/lock.ts', import.meta.url).href
    const script = `import { lockStack } from ${JSON.stringify(lockModule)}; try { lockStack(${JSON.stringify(paths)}) } catch (error) { console.log(error.code) }`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname, '../../..'),
    })
    expect(stdout.trim()).toBe('stack-busy')
    lock.release()
  })
})
