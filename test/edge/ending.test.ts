import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '#test/fixture/eventually.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

const program = new URL('../../edge/serve/index.ts', import.meta.url).pathname
const token = 'test-admin-token-0123456789'

const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** As `timeout`, systemd and a host that stops do it: every process of the group hears of it, some twice. */
test('a collector whose whole process group is told to end, twice and with a tail open, leaves no workerd behind', async () => {
  const child = spawn(process.execPath, [program, '--folder', tempFolder(), '--port', '0'], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, MILLRACE_ADMIN_TOKEN: token, MILLRACE_WAREHOUSE_URL: 'http://127.0.0.1:1' },
  })
  const exited = once(child, 'exit')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { url, workerPid } = JSON.parse(line) as { url: string; workerPid: number }
  const socket = new WebSocket(`${url.replace('http', 'ws')}/admin/tail`, { headers: { authorization: `Bearer ${token}` } })
  socket.on('error', () => undefined)
  await once(socket, 'open')
  expect(isRunning(workerPid)).toBe(true)
  process.kill(-child.pid!, 'SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 200))
  process.kill(child.pid!, 'SIGTERM')
  expect(await exited).toEqual([0, null])
  await eventually(() => isRunning(workerPid)).toBe(false)
  socket.terminate()
})
