import { MillraceError } from '#core/lib/error.ts'

/** An object of more characters than this is not held in memory. */
const maxObject = 64_000_000

/**
 * The JSON texts of objects that stand one after the other or in one list, each with the line it
 * begins on, without holding more than one of them. What stands between them must be white space and commas.
 */
export async function* splitObjects(text: AsyncIterable<string>, name: string): AsyncGenerator<{ text: string; line: number }> {
  const splitter = new Splitter(name)
  for await (const chunk of text) yield* splitter.push(chunk)
  splitter.end()
}

/** `list` is the list around all objects, `depth` how deep in braces and brackets of an object the place is. */
class Splitter {
  private readonly name: string
  private held: string[] = []
  private heldLength = 0
  private depth = 0
  private inString = false
  private isEscaped = false
  private list: 'none' | 'open' | 'closed' = 'none'
  private count = 0
  private line = 1
  private startLine = 1

  constructor(name: string) {
    this.name = name
  }

  *push(chunk: string): Generator<{ text: string; line: number }> {
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const char = chunk.charCodeAt(at)
      if (char === newline) this.line++
      if (this.isEscaped) this.isEscaped = false
      else if (this.inString) {
        if (char === backslash) this.isEscaped = true
        else if (char === quote) this.inString = false
      } else if (this.depth === 0) {
        if (!this.begins(char)) continue
        start = at
      } else if (char === quote) this.inString = true
      else if (char === openBrace || char === openBracket) this.depth++
      else if ((char === closeBrace || char === closeBracket) && --this.depth === 0) {
        this.count++
        yield { text: this.held.join('') + chunk.slice(start, at + 1), line: this.startLine }
        this.held = []
        this.heldLength = 0
      }
    }
    if (this.depth > 0) this.hold(chunk.slice(start))
  }

  /** At the end nothing may be open. */
  end(): void {
    if (this.depth > 0 || this.list === 'open') throw this.wrong('ends before its last value does')
  }

  /** Whether an object begins here, between objects; throws where nothing that may stand there does. */
  private begins(char: number): boolean {
    if (isSpace(char) || (char === comma && this.list === 'open' && this.count > 0)) return false
    if (char === openBrace && this.list !== 'closed') {
      this.depth = 1
      this.startLine = this.line
      return true
    }
    if (char === openBracket && this.list === 'none' && this.count === 0) this.list = 'open'
    else if (char === closeBracket && this.list === 'open') this.list = 'closed'
    else throw this.wrong('is no list of objects')
    return false
  }

  private hold(text: string): void {
    this.held.push(text)
    this.heldLength += text.length
    if (this.heldLength > maxObject) throw this.wrong(`has an object of more than ${maxObject} characters`)
  }

  private wrong(what: string): MillraceError {
    return new MillraceError({
      code: 'wrong-format',
      fault: 'config',
      message: `${this.name} ${what}, as line ${this.line} shows.`,
      mend: 'Correct the file, or format of the stream.',
    })
  }
}

const newline = 10
const quote = 34
const comma = 44
const openBracket = 91
const backslash = 92
const closeBracket = 93
const openBrace = 123
const closeBrace = 125

function isSpace(char: number): boolean {
  return char === 32 || char === newline || char === 13 || char === 9
}
