/** What the plugin pgoutput sends. A value is its text, null, or undefined: a large one that the update left alone. */
export type Tuple = (string | null | undefined)[]

export interface RelationColumn {
  name: string
  type: number
  modifier: number
}

export type Change =
  | { tag: 'begin'; /** Where the commit will stand in the log. */ commitLsn: bigint }
  | { tag: 'commit'; /** The first position after it. */ endLsn: bigint }
  | { tag: 'relation'; oid: number; columns: RelationColumn[] }
  | { tag: 'insert'; oid: number; row: Tuple }
  | { tag: 'update'; oid: number; old: Tuple | undefined; row: Tuple }
  | { tag: 'delete'; oid: number; old: Tuple }
  | { tag: 'truncate'; oids: number[] }
  /** Origins, types and messages: nothing that rows need. */
  | { tag: 'other' }

/** Reads one message of protocol version 1 (PostgreSQL docs, "Logical Replication Message Formats"). */
export function parseChange(bytes: Buffer): Change {
  const reader = new Reader(bytes)
  const tag = reader.char()
  switch (tag) {
    case 'B':
      return { tag: 'begin', commitLsn: reader.int64() }
    case 'C':
      reader.skip(1 + 8)
      return { tag: 'commit', endLsn: reader.int64() }
    case 'R':
      return parseRelation(reader)
    case 'I': {
      const oid = reader.int32()
      reader.skip(1)
      return { tag: 'insert', oid, row: reader.tuple() }
    }
    case 'U': {
      const oid = reader.int32()
      const old = reader.char() === 'N' ? undefined : reader.tuple()
      if (old !== undefined) reader.skip(1)
      return { tag: 'update', oid, old, row: reader.tuple() }
    }
    case 'D': {
      const oid = reader.int32()
      reader.skip(1)
      return { tag: 'delete', oid, old: reader.tuple() }
    }
    case 'T': {
      const count = reader.int32()
      reader.skip(1)
      return { tag: 'truncate', oids: Array.from({ length: count }, () => reader.int32()) }
    }
    case 'O':
    case 'Y':
    case 'M':
      return { tag: 'other' }
    default:
      throw new Error(`pgoutput sent a message "${tag}" that its protocol version 1 does not have`)
  }
}

/** Names and replica identity are passed over: the catalog has them. */
function parseRelation(reader: Reader): Change {
  const oid = reader.int32()
  reader.string()
  reader.string()
  reader.skip(1)
  const columns = Array.from({ length: reader.int16() }, () => {
    reader.skip(1)
    return { name: reader.string(), type: reader.int32(), modifier: reader.int32Signed() }
  })
  return { tag: 'relation', oid, columns }
}

/** Integers are in network order, strings end with a zero. */
class Reader {
  private at = 0
  private readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  skip(count: number): void {
    this.at += count
    if (this.at > this.bytes.length) throw new Error('pgoutput sent a message that is cut off')
  }

  char(): string {
    return String.fromCharCode(this.bytes.readUInt8(this.at++))
  }

  int16(): number {
    return this.bytes.readUInt16BE((this.at += 2) - 2)
  }

  int32(): number {
    return this.bytes.readUInt32BE((this.at += 4) - 4)
  }

  int32Signed(): number {
    return this.bytes.readInt32BE((this.at += 4) - 4)
  }

  int64(): bigint {
    return this.bytes.readBigUInt64BE((this.at += 8) - 8)
  }

  string(): string {
    const end = this.bytes.indexOf(0, this.at)
    if (end < 0) throw new Error('pgoutput sent a name without an end')
    const value = this.bytes.toString('utf8', this.at, end)
    this.at = end + 1
    return value
  }

  tuple(): Tuple {
    return Array.from({ length: this.int16() }, () => {
      const kind = this.char()
      if (kind === 'n') return null
      if (kind === 'u') return undefined
      if (kind !== 't') throw new Error(`pgoutput sent a value of the kind "${kind}", but only text was asked for`)
      const length = this.int32()
      if (this.at + length > this.bytes.length) throw new Error('pgoutput sent a value that is cut off')
      const value = this.bytes.toString('utf8', this.at, this.at + length)
      this.at += length
      return value
    })
  }
}
