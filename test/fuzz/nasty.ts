const long = JSON.stringify('x'.repeat(40_000))
const deep = (levels: number, open: string, close: string) => `${open.repeat(levels)}1${close.repeat(levels)}`

/** JSON, or nearly, that programs trip over. */
export const nasty: readonly string[] = [
  ['null', 'true', '0', '-0', '""', '" "', '[]', '{}', '[[],[[]],{}]', '[1,"a",null,{"b":[]}]', '[{"a":1},{"a":"b"}]'],
  ['1e999', '-1e999', '1e-999', '123456789012345678901234567890', '-9223372036854775809', '18446744073709551615', '18446744073709551616'],
  ['9007199254740993', '9007199254740993.5', '1e21', '1.0', '0.1e-400', '1e308', '5e-324', '253402300800000', '-62135596800001', '1e15'],
  [
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ufeff"',
    '"\\u2028\\r\\n\\t"',
    '"\\\\"',
    '"\'); DROP TABLE events.all; --"',
  ],
  [
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":{"a":1}}}',
    '{"toString":1,"hasOwnProperty":2}',
    '{"a":1,"a":2}',
    '{"a":{"b":1},"a.b":2}',
  ],
  [
    '{"":1}',
    '{"\\u0000":1}',
    '{"\\ud800":1}',
    '{" a ":1,"A":2,"a":3}',
    '{"rawJSON":"1"}',
    '{"$set":{"$unset":["a"]}}',
    '{"a%2Eb":1,"a.b":2}',
    '{"`\\"":1}',
  ],
  [
    '"2026-13-45T99:99:99Z"',
    '"+275760-09-13T00:00:00.001Z"',
    '"0000-01-01"',
    '"1969-12-31T23:59:59.999Z"',
    '"9999-12-31T23:59:59.999Z"',
    '"999999999999999999"',
  ],
  ['NaN', 'undefined', '01', "'a'", '+1', '.5', '1.', '0x1', 'Infinity', '"\t"', '{a:1}', '[1,]', '/* */1'],
  [
    deep(60, '[', ']'),
    deep(63, '{"a":', '}'),
    deep(70, '[', ']'),
    deep(400, '{"a":', '}'),
    deep(5_000, '[', ']'),
    long,
    `[${'1,'.repeat(20_000)}1]`,
  ],
].flat()

/** Of fields. */
export const names = [
  '',
  '__proto__',
  'constructor',
  'a.b',
  'type',
  'event',
  'userId',
  'messageId',
  'timestamp',
  'properties',
  'context',
  'batch',
  'Ünï 🎉',
  '\ud800',
]
