import { readFileSync } from 'node:fs'

/** CPU that a process has used, in milliseconds; undefined where the system does not tell (only Linux does, in /proc: proc(5)). */
export function cpuMilliseconds(pid: number): number | undefined {
  const fields = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')
  // utime and stime, in clock ticks of 10 ms.
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * 10
}

/** Memory that a process holds, in megabytes; undefined where the system does not tell. */
export function residentMegabytes(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
