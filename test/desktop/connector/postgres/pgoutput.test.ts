import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatLsn, parseLsn } from '#desktop/connector/postgres/lsn.ts'
import { type Change, parseChange, type Tuple } from '#desktop/connector/postgres/pgoutput.ts'

const oid = fc.nat(0xffff_ffff)
const lsn = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
const name = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => value.replaceAll('\0', ''))
const tuple: fc.Arbitrary<Tuple> = fc.array(
  fc.oneof(fc.constant(null), fc.constant(undefined), fc.string({ unit: 'grapheme', maxLength: 50 })),
  { maxLength: 8 },
)
const column = fc.record({ name, type: oid, modifier: fc.integer({ min: -1, max: 0x7fff_ffff }) })
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ tag: fc.constant('begin' as const), commitLsn: lsn }),
  fc.record({ tag: fc.constant('commit' as const), endLsn: lsn }),
  fc.record({ tag: fc.constant('relation' as const), oid, columns: fc.array(column, { maxLength: 8 }) }),
  fc.record({ tag: fc.constant('insert' as const), oid, row: tuple }),
  fc.record({ tag: fc.constant('update' as const), oid, old: fc.option(tuple, { nil: undefined }), row: tuple }),
  fc.record({ tag: fc.constant('delete' as const), oid, old: tuple }),
  fc.record({ tag: fc.constant('truncate' as const), oids: fc.array(oid, { maxLength: 4 }) }),
)

/** A message as the server writes it (PostgreSQL docs, "Logical Replication Message Formats"). */
function encode(message: Change): Buffer {
  switch (message.tag) {
    case 'begin':
      return Buffer.concat([text('B'), int64(message.commitLsn), int64(0n), int32(7)])
    case 'commit':
      return Buffer.concat([text('C'), Buffer.from([0]), int64(1n), int64(message.endLsn), int64(0n)])
    case 'relation': {
      const columns = message.columns.map((item) =>
        Buffer.concat([Buffer.from([1]), text(`${item.name}\0`), int32(item.type), int32(item.modifier >>> 0)]),
      )
      return Buffer.concat([text('R'), int32(message.oid), text('public\0table\0d'), int16(columns.length), ...columns])
    }
    case 'insert':
      return Buffer.concat([text('I'), int32(message.oid), text('N'), values(message.row)])
    case 'update': {
      const old = message.old === undefined ? [] : [text('K'), values(message.old)]
      return Buffer.concat([text('U'), int32(message.oid), ...old, text('N'), values(message.row)])
    }
    case 'delete':
      return Buffer.concat([text('D'), int32(message.oid), text('O'), values(message.old)])
    case 'truncate':
      return Buffer.concat([text('T'), int32(message.oids.length), Buffer.from([0]), ...message.oids.map(int32)])
    case 'other':
      return Buffer.concat([text('Y'), int32(1), text('public\0mood\0')])
  }
}

function values(row: Tuple): Buffer {
  const parts = row.map((value) => {
    if (value === null || value === undefined) return text(value === null ? 'n' : 'u')
    const bytes = Buffer.from(value)
    return Buffer.concat([text('t'), int32(bytes.length), bytes])
  })
  return Buffer.concat([int16(row.length), ...parts])
}

function text(value: string): Buffer {
  return Buffer.from(value)
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

test('every message is read as it was written', () => {
  fc.assert(fc.property(change, (message) => void expect(parseChange(encode(message))).toEqual(message)))
  expect(parseChange(encode({ tag: 'other' }))).toEqual({ tag: 'other' })
})

test('a message that is cut off or strange is an error, and never a shorter row', () => {
  const rows = change.filter(({ tag }) => tag !== 'begin' && tag !== 'commit')
  fc.assert(
    fc.property(rows, fc.nat(), (message, seed) => {
      const bytes = encode(message)
      expect(() => parseChange(bytes.subarray(0, seed % bytes.length))).toThrow()
    }),
  )
  expect(() => parseChange(Buffer.from('S'))).toThrow('protocol version 1')
})

test('a position of the log comes back as it was written', () => {
  fc.assert(fc.property(lsn, (position) => parseLsn(formatLsn(position)) === position))
  expect(formatLsn(parseLsn('16/B374D848'))).toBe('16/B374D848')
})
