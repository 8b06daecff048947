import { MillraceError, toMillraceError } from '../lib/error.ts'

/** What an event or a row becomes: an entry of a request. One event may become several. */
export interface Piece {
  /** The kind of request it goes with; pieces of other lanes go in other requests. */
  lane: string
  /** The entry, as JSON. */
  json: string
  /** What the tool's answer names it by, where it does. */
  key?: string
}

export interface Lane {
  /** Pieces a request, bytes of them together, and of one alone (default: as together). */
  limits: { count: number; bytes: number; each?: number }
  /** One request. Throws where the whole call failed. */
  send(pieces: readonly Piece[]): Promise<Reply>
}

/**
 * An outcome for each piece, in order; `undefined` for one that the tool did not take because of others (sent again
 * without them). `refused`: none was taken, and the tool does not say whose fault it was.
 */
export type Reply = (PieceOutcome | undefined)[] | { refused: MillraceError }

export type PieceOutcome =
  | { status: 'accepted'; created?: boolean }
  | { status: 'rejected'; error: MillraceError }
  | { status: 'undelivered'; error: MillraceError }

interface Numbered extends Piece {
  /** Of the event or row it is made of. */
  index: number
}

/**
 * Sends what events or rows were made into: in as few requests as the lanes' limits allow, each lane in order.
 * What is settled already is passed on. A request that the tool refuses whole is sent again in halves, until the
 * culprit stands alone. After a failed request the tool is left alone: the rest is `undelivered`, with a code that says
 * that nothing of it was sent. Throws when one request carried everything and failed.
 * @returns an outcome for each entry of `prepared`, the worst of its pieces.
 */
export async function deliverPieces<Settled>(
  prepared: readonly (Settled | Piece[])[],
  laneOf: (lane: string) => Lane,
  concurrency = 1,
): Promise<(Settled | PieceOutcome)[]> {
  const outcomes = prepared.map((): PieceOutcome[] => [])
  const settle = (pieces: readonly Numbered[], outcome: PieceOutcome) => {
    for (const { index } of pieces) outcomes[index]!.push(outcome)
  }
  const queue = pack(prepared, laneOf, settle)
  const whole = queue.length === 1
  let requests = 0
  let failure: MillraceError | undefined

  const work = async () => {
    for (let pieces = queue.shift(); pieces !== undefined; pieces = queue.shift()) {
      if (failure !== undefined) {
        settle(pieces, { status: 'undelivered', error: neverSent(failure) })
        continue
      }
      try {
        requests++
        const reply = await laneOf(pieces[0]!.lane).send(pieces)
        queue.unshift(...settleReply(pieces, reply, settle))
      } catch (thrown) {
        failure = toMillraceError(thrown)
        settle(pieces, { status: 'undelivered', error: failure })
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  if (failure !== undefined && whole && requests === 1) throw failure
  return prepared.map((entry, index) => (Array.isArray(entry) ? worst(outcomes[index]!) : entry))
}

type Settle = (pieces: readonly Numbered[], outcome: PieceOutcome) => void

/** Requests' worth of pieces, in order. What is too large for any request is rejected. */
function pack<Settled>(prepared: readonly (Settled | Piece[])[], laneOf: (lane: string) => Lane, settle: Settle): Numbered[][] {
  const encoder = new TextEncoder()
  const requests: Numbered[][] = []
  const open = new Map<string, { pieces: Numbered[]; bytes: number }>()
  for (const [index, entry] of prepared.entries()) {
    if (!Array.isArray(entry)) continue
    for (const piece of entry as Piece[]) {
      const { limits } = laneOf(piece.lane)
      const numbered = { ...piece, index }
      const bytes = encoder.encode(piece.json).length
      const most = limits.each ?? limits.bytes
      if (bytes > most) {
        const message = `It has ${bytes} bytes as the tool wants it, and the tool takes at most ${most}.`
        settle([numbered], { status: 'rejected', error: new MillraceError({ code: 'too-large', fault: 'config', message }) })
        continue
      }
      const current = open.get(piece.lane)
      // A comma each.
      if (current !== undefined && current.pieces.length < limits.count && current.bytes + bytes + 1 <= limits.bytes) {
        current.pieces.push(numbered)
        current.bytes += bytes + 1
      } else {
        const pieces = [numbered]
        requests.push(pieces)
        open.set(piece.lane, { pieces, bytes })
      }
    }
  }
  return requests
}

/** Settles what the reply decides. Returns what is to be sent next. */
function settleReply(pieces: readonly Numbered[], reply: Reply, settle: Settle): Numbered[][] {
  if (!('refused' in reply)) {
    const again: Numbered[] = []
    for (const [index, piece] of pieces.entries()) {
      const outcome = reply[index]
      if (outcome === undefined) again.push(piece)
      else settle([piece], outcome)
    }
    if (again.length < pieces.length) return again.length === 0 ? [] : [again]
    throw new MillraceError({ code: 'destination-defect', fault: 'system', message: 'The connector settled nothing of a request.' })
  }
  if (pieces.length === 1) {
    settle(pieces, { status: 'rejected', error: reply.refused })
    return []
  }
  const middle = Math.ceil(pieces.length / 2)
  return [pieces.slice(0, middle), pieces.slice(middle)]
}

/** Another request's failure, for what was not even tried: nothing of it was taken. */
function neverSent(failure: MillraceError): MillraceError {
  const { fault, message, retryable, mend, retryAfter } = failure
  const code = /^destination-(auth|moved|throttled)$/.test(failure.code) ? failure.code : 'destination-unreachable'
  return new MillraceError({ code, fault, message, retryable, mend, retryAfter, cause: failure })
}

function worst(outcomes: readonly PieceOutcome[]): PieceOutcome {
  return outcomes.find(({ status }) => status === 'undelivered') ?? outcomes.find(({ status }) => status === 'rejected') ?? outcomes[0]!
}
