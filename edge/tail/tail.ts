import { tailAckSchema, type TailEvent, type TailFilter, tailFilterSchema } from '#core/event/tail.ts'
import { acceptedForTail, rejectedForTail } from '#core/event/tail-event.ts'
import type { Part, Target } from '../spool/part.ts'
import { Watcher } from './watcher.ts'

/** How long events wait for others to be sent with, in milliseconds. */
const linger = 200
/** Lines that are looked at in that time, whoever watches: parsing them is time that requests wait for. */
const mostLines = 400
/** Viewers at a time. */
const mostWatchers = 20

/** What is attached to a socket. */
const attachmentSchema = tailFilterSchema.extend({ shard: tailAckSchema.shape.ack.shape.shard })

/**
 * Shows what comes into a spool to those who watch. Their sockets are the object's own, so it knows by itself whether
 * there are any, and asks nobody; and it may hibernate with them (Cloudflare docs: "WebSocket Hibernation API"): what
 * each wants to see is attached to its socket.
 */
export class Tail {
  readonly #ctx: DurableObjectState
  readonly #watchers = new Map<WebSocket, Watcher>()
  #lines = 0
  #scheduled = false

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))
    for (const socket of ctx.getWebSockets()) {
      const { shard, ...filter } = attachmentSchema.parse(socket.deserializeAttachment())
      this.#watchers.set(socket, new Watcher(shard, filter))
    }
  }

  /** Whether anybody watches: all that it costs when nobody does. */
  get watched(): boolean {
    return this.#watchers.size > 0
  }

  /** Takes a viewer on, or answers 429. @param shard the number of this spool among all */
  open(shard: number, filter: TailFilter): Response {
    if (this.#watchers.size >= mostWatchers) return new Response(null, { status: 429 })
    const { 0: client, 1: server } = new WebSocketPair()
    this.#ctx.acceptWebSocket(server)
    server.serializeAttachment({ ...filter, shard })
    this.#watchers.set(server, new Watcher(shard, filter))
    return new Response(null, { status: 101, webSocket: client })
  }

  /** There are new rows. */
  offer(parts: readonly Part[]): void {
    for (const { target, lines, counts } of parts) {
      if (target === 'violations') continue
      const watchers = Array.from(this.#watchers.values()).filter((watcher) => watcher.wantsAny(counts))
      if (watchers.length === 0) continue
      const all = lines.split('\n')
      const looked = all.slice(0, Math.max(0, mostLines - this.#lines))
      this.#lines += looked.length
      for (const line of looked) {
        const shown = forTail(target, line)
        if (shown === undefined) continue
        for (const watcher of watchers) watcher.offer(shown.event, shown.json)
      }
      for (const watcher of watchers) watcher.skip(all.length - looked.length)
      this.#schedule()
    }
  }

  /** A viewer says something: that it has got a message, or rubbish. */
  heard(socket: WebSocket, text: string | ArrayBuffer): void {
    const watcher = this.#watchers.get(socket)
    const said = typeof text === 'string' ? parse(text) : undefined
    if (watcher === undefined || said === undefined) return socket.close(1008, 'What a viewer says is {"ack": {"shard", "seq"}}.')
    // Where there are several shards, each hears what is for the others too.
    if (said.ack.shard !== watcher.shard) return
    watcher.answered(said.ack.seq)
    // What was left out while it owed an answer is told now.
    this.#schedule()
  }

  closed(socket: WebSocket): void {
    this.#watchers.delete(socket)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setTimeout(() => this.#send(), linger)
  }

  #send(): void {
    this.#scheduled = false
    this.#lines = 0
    for (const [socket, watcher] of this.#watchers) {
      const message = watcher.message()
      if (message === undefined) continue
      try {
        socket.send(message)
      } catch {
        this.#watchers.delete(socket)
      }
    }
  }
}

/** Undefined for what cannot be shown: an event must not be refused because somebody watches. */
function forTail(target: Exclude<Target, 'violations'>, line: string): { event: TailEvent; json: string } | undefined {
  try {
    const event = target === 'all' ? acceptedForTail(line) : rejectedForTail(line)
    return event === undefined ? undefined : { event, json: JSON.stringify(event) }
  } catch {
    // It is nested so deep that parsing it exhausts the stack.
    return undefined
  }
}

function parse(text: string) {
  try {
    return tailAckSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
