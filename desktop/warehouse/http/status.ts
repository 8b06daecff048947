// ClickHouse's exceptionCodeToHTTPStatus.cpp, by the numbers of its ErrorCodes.cpp.
const statuses: [status: number, codes: number[]][] = [
  [401, [194]],
  [403, [192, 193, 291, 497, 512, 516]],
  [400, [6, 8, 15, 16, 18, 25, 26, 27, 36, 38, 41, 44, 53, 62, 72, 116, 117, 167, 168, 171, 223, 321, 427, 441, 675, 676]],
  [404, [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 126, 152, 511]],
  [413, [166]],
  [501, [48]],
  [503, [76, 209, 439]],
  [411, [381]],
  [408, [159]],
]

const byCode = new Map(statuses.flatMap(([status, codes]) => codes.map((code) => [code, status] as const)))

/** The HTTP status ClickHouse answers an exception with. */
export function httpStatus(code: number): number {
  return byCode.get(code) ?? 500
}
