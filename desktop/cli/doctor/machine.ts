import { constants } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Finding } from './finding.ts'

const gibibyte = 1024 ** 3
/** Under this, merges of the warehouse and the collector's spool run out of room. */
const enough = 2 * gibibyte

/** @param inUse ports that Millrace itself has for the stack at this moment */
export async function checkMachine(folder: string, inUse: ReadonlySet<number>): Promise<Finding[]> {
  const usual: [string, number][] = [
    ['warehouse', 8123],
    ['collector', 8788],
    ['studio', 8124],
  ]
  const ports = await Promise.all(usual.filter(([, port]) => !inUse.has(port)).map(([name, port]) => checkPort(name, port)))
  return [await checkDisk(folder), await checkWritable(folder), ...ports]
}

async function checkDisk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  const detail = `${(free / gibibyte).toFixed(1)} GiB free at ${folder}`
  return free >= enough
    ? { name: 'disk', state: 'ok', detail }
    : { name: 'disk', state: 'warning', detail, mend: 'Make room: 2 GiB is little for a warehouse.' }
}

async function checkWritable(folder: string): Promise<Finding> {
  try {
    await access(folder, constants.W_OK)
    return { name: 'folder', state: 'ok', detail: `${folder} can be written to` }
  } catch {
    return { name: 'folder', state: 'missing', detail: `${folder} cannot be written to`, mend: 'Give your user the right to write there.' }
  }
}

/** A taken port is no fault: another is chosen. It is worth knowing all the same. */
function checkPort(name: string, port: number): Promise<Finding> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (thrown) =>
      resolve({
        name: `port ${port}`,
        state: 'info',
        detail: `the ${name}'s usual port is not free (${thrown.message}): another is chosen`,
      }),
    )
    server.listen(port, '127.0.0.1', () =>
      server.close(() => resolve({ name: `port ${port}`, state: 'ok', detail: `free, for the ${name}` })),
    )
  })
}
