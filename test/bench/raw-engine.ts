import { fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Session } from 'chdb'

// The engine without a face: chDB's own Session, alone in a process, driven by messages that carry no rows but
// the batch that is inserted. It times itself, so that the messages cost it nothing.

type Call =
  | { id: number; do: 'query'; sql: string }
  | { id: number; do: 'insert'; table: string; body: string; times: number; infile: boolean }
  | { id: number; do: 'stream'; sql: string }
  | { id: number; do: 'repeat'; sql: string; times: number }

export interface RawEngine {
  query(sql: string): Promise<void>
  /** Inserts the same JSONEachRow body so many times, as a buffer or from a file; seconds it took. */
  insert(table: string, body: Buffer, times: number, infile: boolean): Promise<number>
  /** Streams a result and drops it; seconds it took. */
  stream(sql: string): Promise<number>
  /** Runs it so many times; the seconds of each. */
  repeat(sql: string, times: number): Promise<number[]>
  stop(): Promise<void>
}

export async function startRawEngine(folder: string): Promise<RawEngine> {
  const child = fork(new URL(import.meta.url).pathname, [folder], { serialization: 'advanced' })
  const waiting = new Map<number, (answer: { seconds: number[]; error?: string }) => void>()
  child.on('message', (message: { id: number; seconds: number[]; error?: string }) => waiting.get(message.id)?.(message))
  let last = 0
  const call = (request: Omit<Call, 'id'> & Record<string, unknown>) =>
    new Promise<number[]>((resolve, reject) => {
      const id = ++last
      waiting.set(id, ({ seconds, error }) => {
        waiting.delete(id)
        if (error === undefined) resolve(seconds)
        else reject(new Error(error))
      })
      child.send({ ...request, id })
    })
  return {
    query: async (sql) => void (await call({ do: 'query', sql })),
    insert: async (table, body, times, infile) => (await call({ do: 'insert', table, body: body.toString(), times, infile }))[0]!,
    stream: async (sql) => (await call({ do: 'stream', sql }))[0]!,
    repeat: (sql, times) => call({ do: 'repeat', sql, times }),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

async function perform(session: Session, call: Call): Promise<number[]> {
  const started = performance.now()
  const elapsed = () => [(performance.now() - started) / 1000]
  switch (call.do) {
    case 'query':
      await session.queryAsync(call.sql)
      return elapsed()
    case 'insert': {
      const values = Buffer.from(call.body)
      const file = join(session.path, 'batch.json')
      if (call.infile) writeFileSync(file, values)
      const begun = performance.now()
      for (let i = 0; i < call.times; i++) {
        if (call.infile) await session.queryAsync(`INSERT INTO ${call.table} FROM INFILE '${file}' FORMAT JSONEachRow`)
        else await session.insert({ table: call.table, values, format: 'JSONEachRow' })
      }
      return [(performance.now() - begun) / 1000]
    }
    case 'stream': {
      for await (const chunk of session.queryStream(call.sql)) chunk.raw()
      return elapsed()
    }
    case 'repeat': {
      const each: number[] = []
      for (let i = 0; i < call.times; i++) {
        const begun = performance.now()
        await session.queryAsync(call.sql, { format: 'JSONEachRow' })
        each.push((performance.now() - begun) / 1000)
      }
      return each
    }
  }
}

if (process.send !== undefined && process.argv[1] === new URL(import.meta.url).pathname) {
  const session = new Session(process.argv[2]!)
  process.on('message', (call: Call) => {
    perform(session, call).then(
      (seconds) => process.send!({ id: call.id, seconds }),
      (error: Error) => process.send!({ id: call.id, seconds: [], error: error.message }),
    )
  })
}
