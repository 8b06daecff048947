import { buffer } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { Transform } from 'node:stream'
import { identifier } from '#core/warehouse/sql.ts'
import { ClickHouseFailure } from '../engine/failure.ts'

/** A table that comes with the request, for its one query (docs: external data). */
export interface ExternalTable {
  name: string
  format: string
  /** `a UInt8, b String` */
  structure: string
  data: Buffer
}

export interface Form {
  /** Fields without a file: parameters, as in the URL. */
  params: [name: string, value: string][]
  tables: ExternalTable[]
}

/** External tables and long parameters are held in memory. */
const largestForm = 64 * 1024 * 1024

/** A multipart/form-data body. `params` are the URL's, where a table's format and structure stand. */
export async function readForm(body: Readable, contentType: string, params: URLSearchParams): Promise<Form> {
  const bytes = await buffer(body.pipe(limited()))
  let fields: FormData
  try {
    fields = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData()
  } catch (thrown) {
    throw new ClickHouseFailure(36, 'BAD_ARGUMENTS', `The multipart body could not be read: ${(thrown as Error).message}`)
  }
  const form: Form = { params: [], tables: [] }
  const files: [string, File][] = []
  for (const [name, value] of fields) {
    if (typeof value === 'string') form.params.push([name, value])
    else files.push([name, value])
  }
  const field = (name: string) => params.get(name) ?? form.params.find(([known]) => known === name)?.[1]
  for (const [name, file] of files) {
    const types = field(`${name}_types`)
    const structure =
      field(`${name}_structure`) ??
      types
        ?.split(',')
        .map((type, i) => `_${i + 1} ${type}`)
        .join(', ')
    if (!structure)
      throw new ClickHouseFailure(
        36,
        'BAD_ARGUMENTS',
        `The external table ${name} has neither a structure nor types: give ${name}_structure or ${name}_types.`,
      )
    form.tables.push({ name, format: field(`${name}_format`) ?? 'TabSeparated', structure, data: Buffer.from(await file.arrayBuffer()) })
  }
  const aboutTables = new Set(form.tables.flatMap(({ name }) => [`${name}_format`, `${name}_structure`, `${name}_types`]))
  form.params = form.params.filter(([name]) => !aboutTables.has(name))
  for (const name of aboutTables) params.delete(name)
  return form
}

export function createTable({ name, structure }: ExternalTable): string {
  return `CREATE TEMPORARY TABLE ${identifier(name)} (${structure}) ENGINE = Memory`
}

function limited(): Transform {
  let length = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      length += chunk.length
      if (length <= largestForm) callback(null, chunk)
      else callback(new ClickHouseFailure(229, 'QUERY_IS_TOO_LARGE', `A multipart body may have ${largestForm} bytes.`))
    },
  })
}
