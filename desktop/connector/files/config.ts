import { z } from 'zod'

const columnType = z.enum(['text', 'integer', 'number', 'boolean', 'date', 'timestamp'])

/** What a column of a CSV file is: declared by the user, or seen in a sample. */
export type ColumnType = z.infer<typeof columnType>

const csvSchema = z
  .strictObject({
    delimiter: z.string().min(1).max(8).optional().describe('Between fields: a comma, and a tab in files named .tsv, when left out.'),
    quote: z.string().max(1).default('"').describe('Around fields that hold delimiters or line ends; empty for none.'),
    escape: z.string().length(1).optional().describe('Before a quote within quotes; the quote itself when left out.'),
    comment: z.string().max(8).default('').describe('Lines that begin with it are left out; empty for none.'),
    header: z
      .union([z.boolean(), z.array(z.string().min(1)).min(1)])
      .default(true)
      .describe('Whether the first line names the columns, or the names. Without names they are column_1, column_2 and so on.'),
    skip_rows: z.number().int().min(0).default(0).describe('Lines before the header that are left out.'),
    null_values: z.array(z.string()).default(['']).describe('Fields that stand for a missing value, as they are written.'),
    trim: z.boolean().default(false).describe('Whether white space around fields that are not quoted is left out.'),
  })
  .refine(
    ({ delimiter = ',', quote }) => delimiter !== quote && !/[\r\n]/.test(delimiter),
    'delimiter may be neither the quote nor a line end',
  )

export type CsvOptions = z.infer<typeof csvSchema>

const streamSchema = z.strictObject({
  files: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe('Paths within the location, or globs: orders/*.csv, **/*.parquet. Over HTTP: paths or addresses, without globs.'),
  format: z
    .enum(['csv', 'jsonl', 'json', 'parquet'])
    .describe('csv; jsonl: an object a line; json: a list of objects, or objects one after the other; parquet.'),
  compression: z.enum(['auto', 'none', 'gzip', 'zstd']).default('auto').describe('auto goes by the ending: .gz, .zst.'),
  encoding: z
    .string()
    .default('utf-8')
    .refine(isEncoding, 'is no encoding of the WHATWG Encoding standard')
    .describe('Of CSV and JSON: utf-8, utf-16le, windows-1252, shift_jis and others of the WHATWG Encoding standard.'),
  csv: csvSchema.prefault({}).describe('How the CSV is written.'),
  columns: z
    .record(z.string(), columnType)
    .default({})
    .describe('Types of columns that are not to be inferred. A value that does not fit stands in _millrace_errors of its row.'),
  primary_key: z.array(z.string().min(1)).default([]).describe('Columns that tell rows apart; _file and _row where nothing else does.'),
  on_bad_line: z
    .enum(['fail', 'skip'])
    .default('fail')
    .describe('A line that cannot be read ends the stream, or is left out, counted and logged.'),
})

export type StreamConfig = z.infer<typeof streamSchema>

const s3Schema = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Of a store other than Amazon: MinIO, R2, GCS.'),
  region: z.string().min(1).default('us-east-1').describe('Region of the bucket.'),
  access_key_id: z.string().min(1).optional().describe('Without it requests are anonymous, for public buckets.'),
  secret_access_key: z.string().min(1).optional().meta({ secret: true }).describe('The secret of the access key.'),
  session_token: z.string().min(1).optional().meta({ secret: true }).describe('Of temporary credentials.'),
  path_style: z.boolean().optional().describe('Bucket in the path rather than the host; so by default at an endpoint of your own.'),
})

export type S3Config = z.infer<typeof s3Schema>

export const configSchema = z.strictObject({
  location: z
    .string()
    .min(1)
    .meta({ path: true })
    .describe('Where the files are: a folder (absolute, or within the stack), https://host/path/, or s3://bucket/prefix.'),
  s3: s3Schema.prefault({}).describe('For s3:// locations.'),
  http: z
    .strictObject({
      headers: z
        .record(z.string(), z.string())
        .default({})
        .meta({ secret: true })
        .describe('Sent with each request: Authorization and others.'),
    })
    .prefault({})
    .describe('For http:// and https:// locations.'),
  streams: z
    .record(z.string().min(1), streamSchema)
    .refine((streams) => Object.keys(streams).length > 0, 'needs at least one stream')
    .describe('Name of a stream → its files and how they are written.'),
  file_fields: z
    .boolean()
    .default(true)
    .describe('Whether each row gets _file (path within the location), _row (number in the file, from 1) and _modified_at.'),
})

export type Config = z.infer<typeof configSchema>

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== ''
  } catch {
    return false
  }
}
