import { createServer } from 'node:net'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Log } from '#core/lib/runtime.ts'
import { startOnUsualPort } from '#desktop/host/ports.ts'
import { supervise } from '#desktop/host/supervisor.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

const program = fileURLToPath(new URL('../../fixture/fragile-service.ts', import.meta.url))

interface Ready {
  url: string
  port: number
  pid: number
}

async function start(first?: number, log: Log = () => {}) {
  const service = await supervise<Ready>(
    'service',
    (again) => ({ program, args: (again ?? first) === undefined ? [] : ['--port', String(again ?? first)] }),
    log,
  )
  onTestFinished(() => service.stop())
  return service
}

const launch = (port: number | undefined) => start(port)
const portOf = (service: { ready(): Ready }) => service.ready().port

async function pidAt(url: string): Promise<number | undefined> {
  return fetch(url).then(
    async (response) => Number(await response.text()),
    () => undefined,
  )
}

describe('a supervised service', () => {
  it('is started again where it was after it was killed, and after it ended by itself', async () => {
    const logs: string[] = []
    const service = await start(undefined, (_level, message) => logs.push(message))
    const { url } = service.ready()
    const pids = [service.pid()]
    for (const end of [() => process.kill(service.pid(), 'SIGKILL'), () => fetch(`${url}/exit`).catch(() => {})]) {
      await end()
      await expect.poll(() => pidAt(url), { timeout: 20_000 }).toSatisfy((pid) => pid !== undefined && !pids.includes(pid))
      await expect.poll(() => service.pid()).not.toBe(pids.at(-1))
      pids.push(service.pid())
    }
    expect(service.ready().url).toBe(url)
    expect(logs).toEqual([expect.stringContaining('SIGKILL'), expect.stringContaining('3')])
  })

  it('stays gone once it was stopped', async () => {
    const service = await start()
    const { url } = service.ready()
    await service.stop()
    await service.stop()
    expect(await pidAt(url)).toBeUndefined()
  })

  it('says why it cannot start the first time', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void taken.close())
    await expect.poll(() => taken.listening).toBe(true)
    await expect(start((taken.address() as AddressInfo).port)).rejects.toMatchObject({ code: 'port-taken', fault: 'config' })
  })
})

describe('the usual port', () => {
  it('is the one it had the last time', async () => {
    const folder = tempFolder()
    const first = await startOnUsualPort(folder, 'service', undefined, launch, portOf)
    const port = portOf(first)
    await first.stop()
    const second = await startOnUsualPort(folder, 'service', undefined, launch, portOf)
    expect(portOf(second)).toBe(port)
  })

  it('is waited for while a predecessor is ending', async () => {
    const folder = tempFolder()
    const predecessor = await start()
    const { port } = predecessor.ready()
    writeFileSync(join(folder, 'ports.json'), JSON.stringify({ service: port }))
    let tries = 0
    const second = await startOnUsualPort(
      folder,
      'service',
      undefined,
      async (asked) => {
        if (++tries === 2) await predecessor.stop()
        return launch(asked)
      },
      portOf,
    )
    expect(portOf(second)).toBe(port)
    expect(tries).toBe(2)
  })

  it('asked for by name is used or refused, and not remembered', async () => {
    const folder = tempFolder()
    const other = await start()
    const { port } = other.ready()
    await expect(startOnUsualPort(folder, 'service', port, launch, portOf)).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(`The service cannot start: Port ${port} is taken`),
    })
    const free = await startOnUsualPort(folder, 'service', 0, launch, portOf)
    expect(portOf(free)).toBeGreaterThan(0)
    expect(() => readFileSync(join(folder, 'ports.json'))).toThrow()
  })

  it('is not tried again for what will not pass', async () => {
    let tries = 0
    const failing = startOnUsualPort(
      tempFolder(),
      'service',
      undefined,
      () => {
        tries++
        return supervise<Ready>(
          'service',
          () => ({ program, env: { MILLRACE_TEST_FAIL: 'disk-full' } }),
          () => {},
        )
      },
      portOf,
    )
    await expect(failing).rejects.toMatchObject({ code: 'disk-full' })
    expect(tries).toBe(1)
  })
})
