import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface Descendant {
  pid: number
  command: string
}

/** The living processes that `pid` started, and those that they started. */
export async function descendants(pid: number): Promise<Descendant[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,command='], { maxBuffer: 16_000_000 })
  const processes = stdout.split('\n').flatMap((line) => {
    const [, own, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return own === undefined ? [] : [{ pid: Number(own), parent: Number(parent), command: command! }]
  })
  const found = new Set([pid])
  for (let before = 0; before < found.size;) {
    before = found.size
    for (const each of processes) if (found.has(each.parent)) found.add(each.pid)
  }
  return processes.filter((each) => each.pid !== pid && found.has(each.pid)).map(({ pid, command }) => ({ pid, command }))
}

/** kill -9; true when there was something to kill. */
export function killHard(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}
