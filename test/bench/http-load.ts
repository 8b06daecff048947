import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

export interface Load {
  url: string
  headers: Record<string, string>
  /** Sent over and over, in turn. */
  bodies: string[]
  connections: number
  seconds: number
  /** Requests a second at most; without it, as many as are answered. */
  rate?: number
}

export interface LoadResult {
  requests: number
  /** Answers other than 200. */
  failures: number
  perSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
}

/**
 * POSTs as fast as the answers come, one request at a time on each of `connections` kept-alive connections, from a
 * process of its own. The client does as little as it can (whole requests prepared, answers only counted), because on a
 * small machine what it uses is missing to the server.
 */
export function httpLoad(load: Load, signal: AbortSignal): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ['pipe', 'pipe', 'inherit'], signal })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve(JSON.parse(output) as LoadResult) : reject(new Error(`the load client exited with ${code}`)),
    )
    child.stdin.end(JSON.stringify(load))
  })
}

async function run({ url, headers, bodies, connections, seconds, rate }: Load): Promise<LoadResult> {
  const { hostname, port, pathname, host } = new URL(url)
  const lines = Object.entries({ host, 'content-type': 'application/json', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  const requests = bodies.map((body) =>
    Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
  )
  const latencies: number[] = []
  let failures = 0
  let next = 0
  const started = performance.now()
  const end = started + seconds * 1000
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect(Number(port), hostname)
          let sentAt = 0
          let received = ''
          const send = () => {
            const now = performance.now()
            if (now >= end) {
              socket.destroy()
              return resolve()
            }
            // What is due by now is shared by the connections: one that comes too early waits.
            const due = rate === undefined ? 0 : started + (next / rate) * 1000
            if (due > now) return void setTimeout(send, due - now)
            sentAt = performance.now()
            socket.write(requests[next++ % requests.length]!)
          }
          socket.setNoDelay(true).setEncoding('latin1')
          socket.once('connect', send)
          socket.once('error', reject)
          socket.on('data', (chunk: string) => {
            received += chunk
            const head = received.indexOf('\r\n\r\n')
            if (head === -1) return
            const length = /content-length: (\d+)/i.exec(received)?.[1]
            const done = length === undefined ? received.endsWith('0\r\n\r\n') : received.length >= head + 4 + Number(length)
            if (!done) return
            if (!received.startsWith('HTTP/1.1 200')) failures++
            received = ''
            latencies.push(performance.now() - sentAt)
            send()
          })
        }),
    ),
  )
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  const perSecond = latencies.length / ((performance.now() - started) / 1000)
  return { requests: latencies.length, failures, perSecond, p50: at(0.5), p99: at(0.99) }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let input = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) input += chunk
  process.stdout.write(JSON.stringify(await run(JSON.parse(input) as Load)))
}
