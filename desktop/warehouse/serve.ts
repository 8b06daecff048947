import { randomUUID, timingSafeEqual } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { Session } from 'chdb'
import { literal } from '#core/warehouse/sql.ts'
import { readPassword } from './folder.ts'
import { readStatement } from './statement.ts'

const user = 'millrace'

export async function serveWarehouse(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { folder: { type: 'string' }, port: { type: 'string' } } })
  const folder = values.folder!
  const password = readPassword(folder)
  const data = join(folder, 'data')
  mkdirSync(data, { recursive: true })
  const scratch = mkdtempSync(join(folder, 'tmp-'))
  const keeper = new Session(data)
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    void handle({ data, scratch, password }, request, response).catch((thrown: Error) => {
      const code = /^Code: (\d+)/.exec(thrown.message)?.[1] ?? '1002'
      if (response.headersSent) return response.destroy()
      response.writeHead(code === '516' ? 403 : 500, { 'X-ClickHouse-Exception-Code': code, 'Content-Type': 'text/plain; charset=UTF-8' })
      response.end(thrown.message + '\n')
    })
  })
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
  await listen(Number(values.port ?? 8123)).catch(() => listen(0))
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}`, user, password, port, pid: process.pid }))
  const stop = () => {
    rmSync(scratch, { recursive: true, force: true })
    keeper.close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.stdin.on('end', stop).resume()
}

async function handle(
  at: { data: string; scratch: string; password: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname === '/ping' || (url.pathname === '/' && request.method === 'GET' && !url.searchParams.has('query'))) {
    response.end('Ok.\n')
    return
  }
  const basic = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString()
  const given = (request.headers['x-clickhouse-key'] as string) ?? url.searchParams.get('password') ?? basic.slice(basic.indexOf(':') + 1)
  if (given.length !== at.password.length || !timingSafeEqual(Buffer.from(given), Buffer.from(at.password))) {
    throw new Error('Code: 516. DB::Exception: millrace: Authentication failed: password is incorrect. (AUTHENTICATION_FAILED)')
  }
  const decoders = { gzip: createGunzip, deflate: createInflate, zstd: createZstdDecompress }
  const decode = decoders[request.headers['content-encoding'] as keyof typeof decoders]
  const body = await buffer(decode ? request.pipe(decode()) : request)
  const query = url.searchParams.get('query') ?? ''
  const bytes = query ? Buffer.concat([Buffer.from(query + '\n'), body]) : body
  const text = bytes.toString('latin1')
  const statement = readStatement(text)
  const session = new Session(at.data)
  const queryId = url.searchParams.get('query_id') || randomUUID()
  try {
    const settings: string[] = ['implicit_select=0', 'output_format_json_quote_64bit_integers=0']
    let format = statement.format ?? (request.headers['x-clickhouse-format'] as string) ?? 'TabSeparated'
    for (const [name, value] of url.searchParams) {
      if (name === 'database') await session.queryAsync(`USE \`${value}\``)
      else if (name === 'default_format') format = statement.format ?? value
      else if (!ours.has(name)) settings.push(`${name}=${literal(value)}`)
    }
    await session.queryAsync('SET ' + settings.join(', '))
    const written = statement.data && Buffer.from(text.slice(statement.data.start), 'latin1')
    let result
    if (statement.data && written!.length > 0 && statement.data.format.toUpperCase() !== 'VALUES') {
      const file = join(at.scratch, randomUUID())
      writeFileSync(file, written![0] === 10 ? written!.subarray(1) : written!)
      const into = Buffer.from(statement.text.replace(/FORMAT\s+\w+\s*$/i, ''), 'latin1').toString()
      result = await session.queryAsync(`${into} FROM INFILE ${literal(file)} FORMAT ${statement.data.format}`)
      rmSync(file)
    } else if (statement.data && written!.toString().trim() === '' && statement.data.format.toUpperCase() !== 'VALUES') {
      result = undefined
    } else {
      const sql = statement.data ? bytes.toString() : Buffer.from(statement.text, 'latin1').toString()
      result = await session.queryAsync(sql, { format })
    }
    const rows = String(result?.rowsRead ?? 0)
    response.writeHead(200, {
      'X-ClickHouse-Query-Id': queryId,
      'X-ClickHouse-Format': format,
      'X-ClickHouse-Timezone': 'UTC',
      'X-ClickHouse-Summary': JSON.stringify({
        read_rows: rows,
        read_bytes: String(result?.bytesRead ?? 0),
        written_rows: statement.kind === 'insert' ? rows : '0',
        written_bytes: statement.kind === 'insert' ? String(result?.bytesRead ?? 0) : '0',
        total_rows_to_read: '0',
        result_rows: rows,
        result_bytes: '0',
        elapsed_ns: String(Math.round((result?.elapsed ?? 0) * 1e9)),
      }),
    })
    response.end(result?.bytes())
  } finally {
    session.close()
  }
}

const ours = new Set([
  'query',
  'query_id',
  'user',
  'password',
  'session_id',
  'role',
  'enable_http_compression',
  'wait_end_of_query',
  'compress',
  'decompress',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
])
