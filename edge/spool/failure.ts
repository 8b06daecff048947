import type { MillraceError } from '#core/lib/error.ts'

/**
 * What a failed insert says of the next try.
 * - `passing`: the warehouse is away or busy, or the settings are wrong; the same batch will do later.
 * - `schema`: a table is missing; make it, then the same batch.
 * - `row`: a row of the batch is at fault.
 * - `unknown`: ClickHouse refused for a reason that is on no list here.
 */
export type FailureKind = 'passing' | 'schema' | 'row' | 'unknown'

// Numbers from ClickHouse's src/Common/ErrorCodes.cpp.
const schema = new Set([
  '16', // NO_SUCH_COLUMN_IN_TABLE
  '60', // UNKNOWN_TABLE
  '81', // UNKNOWN_DATABASE
])
const row = new Set([
  '6', // CANNOT_PARSE_TEXT
  '25', // CANNOT_PARSE_ESCAPE_SEQUENCE
  '26', // CANNOT_PARSE_QUOTED_STRING
  '27', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  '33', // CANNOT_READ_ALL_DATA
  '38', // CANNOT_PARSE_DATE
  '41', // CANNOT_PARSE_DATETIME
  '53', // TYPE_MISMATCH
  '69', // ARGUMENT_OUT_OF_BOUND
  '70', // CANNOT_CONVERT_TYPE
  '72', // CANNOT_PARSE_NUMBER
  '117', // INCORRECT_DATA
  '131', // TOO_LARGE_STRING_SIZE
  '190', // SIZES_OF_ARRAYS_DONT_MATCH
  '306', // TOO_DEEP_RECURSION
  '321', // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  '349', // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  '407', // DECIMAL_OVERFLOW
  '467', // CANNOT_PARSE_BOOL
])
const passing = new Set([
  '3', // UNEXPECTED_END_OF_FILE
  '115', // UNKNOWN_SETTING
  '159', // TIMEOUT_EXCEEDED
  '164', // READONLY
  '201', // QUOTA_EXCEEDED
  '202', // TOO_MANY_SIMULTANEOUS_QUERIES
  '209', // SOCKET_TIMEOUT
  '210', // NETWORK_ERROR
  '225', // NO_ZOOKEEPER
  '236', // ABORTED
  '241', // MEMORY_LIMIT_EXCEEDED
  '242', // TABLE_IS_READ_ONLY
  '243', // NOT_ENOUGH_SPACE
  '252', // TOO_MANY_PARTS
  '285', // TOO_FEW_LIVE_REPLICAS
  '319', // UNKNOWN_STATUS_OF_INSERT
  '394', // QUERY_WAS_CANCELLED
  '439', // CANNOT_SCHEDULE_TASK
  '497', // ACCESS_DENIED
  '999', // KEEPER_EXCEPTION
])

export function failureKind(error: MillraceError): FailureKind {
  if (error.code !== 'warehouse-error') return 'passing'
  const code = (error.cause as { code?: string } | undefined)?.code
  if (code === undefined || passing.has(code)) return 'passing'
  if (schema.has(code)) return 'schema'
  return row.has(code) ? 'row' : 'unknown'
}
