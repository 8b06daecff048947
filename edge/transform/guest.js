// Runs in the isolate of a transform, beside the user's module `transform.js`, which may do to this what it likes: all it
// answers is checked by the collector. Brought in as text (`sandbox.ts`).
// Takes {"name","source","events":[…],"logs":boolean}; answers a line of what was logged, and then, with status 200,
// [[index of the event it was made of or null, event], …], or with 422 {"message","stack"}.

const { parse, stringify, rawJSON } = JSON
const { Array, Error, Response, Symbol, String, TypeError } = globalThis

/** Copied with the event by { ...event } and Object.assign, and seen by nobody else. */
const origin = Symbol('origin')

// Loaded at the first batch, so that an error at its top level is told like any other.
const module = 'transform.js'
let loading

const log = (lines, level, values) => {
  if (lines.length < 100)
    lines.push([
      level,
      values
        .map((value) => (typeof value === 'string' ? value : text(value)))
        .join(' ')
        .slice(0, 2000),
    ])
}

function text(value) {
  if (value instanceof Error) return String(value.stack)
  try {
    return stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

/** Numbers that a double cannot hold stay as they were written: `{ rawJSON }`. */
function exactly(_key, value, { source }) {
  const inexact = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
  return inexact && /^-?\d+$/.test(source) ? rawJSON(source) : value
}

async function run(input, lines) {
  const { name, source, events, logs } = parse(input, /\d{16}/.test(input) ? exactly : undefined)
  for (const level of ['debug', 'log', 'info', 'warn', 'error'])
    console[level] = (...values) => (logs ? log(lines, level, values) : undefined)
  for (const [index, event] of events.entries()) event[origin] = index
  loading ??= import(module)
  const { transform } = await loading
  if (typeof transform !== 'function') throw new TypeError('The file exports no function named transform.')
  const returned = await transform(events, { name, source })
  if (!Array.isArray(returned)) throw new TypeError(`transform must return a list of events, not ${kind(returned)}.`)
  const pairs = Array.from(returned, (event, place) => {
    if (typeof event !== 'object' || event === null)
      throw new TypeError(`transform returned ${kind(event)} at place ${place}. To drop an event, leave it out: filter() or flatMap().`)
    return [event[origin] ?? null, event]
  })
  return stringify(pairs)
}

function kind(value) {
  return value === null ? 'null' : value === undefined ? 'undefined' : `a value of type ${typeof value}`
}

export default {
  async fetch(request) {
    const lines = []
    try {
      const result = await run(await request.text(), lines)
      return new Response(`${stringify(lines)}\n${result}`)
    } catch (thrown) {
      const error =
        thrown instanceof Error ? { message: String(thrown), stack: String(thrown.stack) } : { message: `It threw ${text(thrown)}.` }
      return new Response(`${stringify(lines)}\n${stringify(error)}`, { status: 422 })
    }
  },
}
