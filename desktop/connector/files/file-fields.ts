import { MillraceError } from '#core/lib/error.ts'
import type { JsonObject } from '#core/lib/json.ts'
import type { Row } from './row.ts'
import type { StoredFile } from './stored-file.ts'

/** The fields that tell where a row is from, in JSON Schema. */
export const fileFields: Record<string, JsonObject> = {
  _file: { type: 'string', description: 'Path of the file within the location.' },
  _row: { type: 'integer', description: 'Number of the row among those of its file, from 1.' },
  _modified_at: { type: 'string', format: 'date-time', description: 'When the file was modified.' },
}

/** The records with the fields added. Throws `field-taken` where a record has such a field of its own. */
export function withFileFields(rows: readonly Row[], { name, modifiedAt }: StoredFile): JsonObject[] {
  const time = modifiedAt === undefined ? null : new Date(modifiedAt).toISOString()
  return rows.map(({ row, record }) => {
    for (const field of Object.keys(fileFields)) if (Object.hasOwn(record, field)) throw taken(name, field)
    record._file = name
    record._row = row
    record._modified_at = time
    return record
  })
}

function taken(name: string, field: string): MillraceError {
  return new MillraceError({
    code: 'field-taken',
    fault: 'config',
    message: `${name} has a column ${field} of its own.`,
    mend: 'Set file_fields: false in the settings of the source.',
  })
}
