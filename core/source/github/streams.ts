import { z } from 'zod'
import { type ApiAnswer, type ApiClient, nextLink, type Query } from '../../connector/api-client.ts'
import { type ApiStream, isObject, objectsOf, readState, type StreamMessage } from '../../connector/api-source.ts'
import { type Fields, recordSchema } from '../../connector/record-schema.ts'
import type { CursorRange, StreamRequest } from '../../connector/source.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import * as fields from './fields.ts'

/** Of the source's settings. */
interface Settings {
  repositories: readonly string[]
  start_date?: string | undefined
  page_size: number
}

/** What one repository's reading of a stream needs. */
interface Reading<Mark> {
  path: string
  mark: Mark | undefined
  range: CursorRange | undefined
}

/** How a stream goes on from a mark, its position in one repository: records, and the next marks. */
type Read<Mark> = (reading: Reading<Mark>, client: ApiClient, config: Settings) => AsyncGenerator<Step<Mark>>
type Step<Mark> = { records: JsonObject[] } | { mark: Mark }

export function githubStreams(client: ApiClient, config: Settings): ApiStream[] {
  const stream = (name: string, primaryKey: string[], [permission, columns]: readonly [string, Fields], list: Listed): ApiStream => ({
    name,
    schema: recordSchema(columns),
    primaryKey: primaryKey.map((field) => [field]),
    modes: ['full-refresh'],
    resumable: true,
    permission: `the repository permission "${permission}" (read)`,
    read: (request) => eachRepository(request, config, pageMark, (reading) => list(reading, client, config)),
  })
  const incremental = <Mark>(whole: ApiStream, cursorField: string[], mark: z.ZodType<Mark>, read: Read<Mark>): ApiStream => ({
    ...whole,
    cursorField,
    modes: ['full-refresh', 'incremental'],
    read: (request) =>
      request.mode === 'full-refresh'
        ? whole.read(request)
        : eachRepository(request, config, mark, (reading) => read(reading, client, config)),
  })
  const updated = ['updated_at']
  const oldestFirst = { state: 'all', sort: 'created', direction: 'asc' }
  return [
    stream('branches', ['repository', 'name'], ['Contents', fields.branch], listed('/branches')),
    incremental(
      stream('commits', ['repository', 'sha'], ['Contents', fields.commit], listed('/commits')),
      ['commit', 'committer', 'date'],
      commitMark,
      readCommits,
    ),
    incremental(
      stream('issue_comments', ['id'], ['Issues', fields.comment], listed('/issues/comments', oldestFirst)),
      updated,
      updatedMark,
      updatedSince('/issues/comments'),
    ),
    incremental(
      stream('issues', ['id'], ['Issues', fields.issue], listed('/issues', oldestFirst)),
      updated,
      updatedMark,
      updatedSince('/issues'),
    ),
    stream('labels', ['id'], ['Issues', fields.label], listed('/labels')),
    stream('milestones', ['id'], ['Issues', fields.milestone], listed('/milestones', { state: 'all' })),
    incremental(
      stream('pull_requests', ['id'], ['Pull requests', fields.pull], listed('/pulls', oldestFirst)),
      updated,
      pullMark,
      readPulls,
    ),
    stream('releases', ['id'], ['Contents', fields.release], listed('/releases')),
    stream('repositories', ['id'], ['Metadata', fields.repository], listed('')),
    incremental(
      stream('review_comments', ['id'], ['Pull requests', fields.reviewComment], listed('/pulls/comments', oldestFirst)),
      updated,
      updatedMark,
      updatedSince('/pulls/comments'),
    ),
  ]
}

/** The repositories in the order of the settings; the state holds the mark of each. Every record tells its repository. */
async function* eachRepository<Mark>(
  request: StreamRequest,
  config: Settings,
  schema: z.ZodType<Mark>,
  read: (reading: Reading<Mark>) => AsyncGenerator<Step<Mark>>,
): AsyncGenerator<StreamMessage> {
  const marks = readState(z.record(z.string(), schema), request) ?? {}
  for (const repository of config.repositories) {
    const reading = { path: `/repos/${repository}`, mark: marks[repository], range: request.range }
    for await (const step of read(reading)) {
      if ('records' in step) yield { type: 'records', records: step.records.map((record) => ({ repository, ...record })) }
      else {
        marks[repository] = step.mark
        yield { type: 'state', state: structuredClone(marks) as Json }
      }
    }
  }
}

const pageMark = z.strictObject({
  page: z.number().int(),
  done: z.boolean(),
  /** Of commits: those that lead to this one, so that pages do not move. */
  sha: z.string().optional(),
})
type Listed = Read<z.infer<typeof pageMark>>

/** A list whole, page by page, from `start_date` on where the API can (it passes over `since` elsewhere); what is no list is one record. Oldest first, where the API can: so pages do not move. */
function listed(path: string, query: Query = {}): Listed {
  return async function* ({ path: base, mark }, client, config) {
    if (mark?.done === true) return
    let sha = mark?.sha
    for (let page = mark?.page ?? 1; ; page++) {
      // 409: the repository is empty. 410: its issues are turned off.
      const answer = await client.send({
        path: base + path,
        query: { ...query, sha, since: config.start_date, per_page: config.page_size, page },
        reads: [409, 410],
      })
      if (answer.status !== 200) return
      const records = Array.isArray(answer.json) ? objectsOf(answer.json) : objectsOf([answer.json])
      if (path === '/commits') sha ??= records[0]?.sha as string | undefined
      yield { records }
      const done = nextLink(answer.headers) === undefined
      yield { mark: { page: page + 1, done, ...(sha === undefined ? {} : { sha }) } }
      if (done) return
    }
  }
}

const updatedMark = z.strictObject({
  since: z.string().optional(),
  /** Ids of the records changed at `since` that have been read. */
  seen: z.array(z.number()),
  /** Of the answer to this very request, when it was the last. */
  etag: z.string().optional(),
})
type UpdatedMark = z.infer<typeof updatedMark>

/**
 * What was changed since, the oldest change first. Each page is asked for by the time of the last one's last record,
 * not by its number: a record that changes meanwhile moves to the end, and pages by number would then skip one.
 * Only where a whole page has one and the same time does the Link header lead on. The last request is repeated by the
 * next run with its ETag, and costs nothing of the rate limit when nothing was changed
 * (docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api, "Use conditional requests").
 */
function updatedSince(path: string): Read<UpdatedMark> {
  return async function* ({ path: base, mark, range }, client, config) {
    let { since, seen, etag }: UpdatedMark = mark ?? { since: range?.from ?? config.start_date, seen: [] }
    let next: string | undefined
    for (;;) {
      const query = { state: 'all', sort: 'updated', direction: 'asc', per_page: config.page_size, since }
      const where: { path: string; query?: Query } = next === undefined ? { path: base + path, query } : { path: next }
      const answer = await client.send({ ...where, headers: ifChanged(etag), reads: [304, 410] })
      // 410: the repository has its issues turned off.
      if (answer.status !== 200) return
      const records = objectsOf(answer.json)
      const fresh = records.filter((record) => !(record.updated_at === since && seen.includes(record.id as number)))
      yield { records: fresh }
      const last = (records.at(-1)?.updated_at as string | undefined) ?? since
      const link = nextLink(answer.headers)
      const stays = last === since
      const at = records.flatMap((record) => (record.updated_at === last ? [record.id as number] : []))
      etag = stays && link === undefined && next === undefined ? (answer.headers.get('etag') ?? undefined) : undefined
      seen = stays ? [...new Set([...seen, ...at])] : at
      since = last
      // A mark within pages of the same time would begin with the first of them; those seen are not told again.
      yield { mark: { seen, ...(since === undefined ? {} : { since }), ...(etag === undefined ? {} : { etag }) } }
      if (link === undefined || isPast(range, last)) return
      next = stays ? link : undefined
    }
  }
}

const pullMark = z.union([
  /** All pull requests by age: the page to read next, and when that was begun by GitHub's clock. */
  z.strictObject({ page: z.number().int(), begun: z.string() }),
  z.strictObject({ since: z.string(), seen: z.array(z.number()), etag: z.string().optional() }),
])
type PullMark = z.infer<typeof pullMark>

/**
 * Pull requests cannot be asked for by the time of change. At first they are read by age, which no change moves;
 * from then on by change, the latest first, until those that are known: a change meanwhile only shows one twice.
 */
const readPulls: Read<PullMark> = async function* ({ path: base, mark, range }, client, config) {
  const path = `${base}/pulls`
  const list = { state: 'all', per_page: config.page_size }
  const start = range?.from ?? config.start_date
  let known = mark !== undefined && 'since' in mark ? mark : undefined
  if (known === undefined && start === undefined) {
    let { page, begun } = mark !== undefined && 'page' in mark ? mark : { page: 1, begun: '' }
    for (let more = true; more; page++) {
      const answer = await client.get(path, { ...list, sort: 'created', direction: 'asc', page })
      begun ||= serverTime(answer)
      yield { records: objectsOf(answer.json) }
      more = nextLink(answer.headers) !== undefined
      if (more) yield { mark: { page: page + 1, begun } }
    }
    known = { since: begun, seen: [] }
    yield { mark: known }
  }
  yield* changedPulls(path, list, known ?? { since: start!, seen: [] }, client)
}

async function* changedPulls(
  path: string,
  list: Query,
  known: Extract<PullMark, { since: string }>,
  client: ApiClient,
): AsyncGenerator<Step<PullMark>> {
  const { since, seen, etag } = known
  let latest = { since, seen }
  let first: string | undefined
  for (let page = 1; ; page++) {
    const headers = ifChanged(page === 1 ? etag : undefined)
    const answer = await client.send({ path, query: { ...list, sort: 'updated', direction: 'desc', page }, headers, reads: [304] })
    if (answer.status === 304) return
    if (page === 1) first = answer.headers.get('etag') ?? undefined
    const records = objectsOf(answer.json)
    const changed = records.filter(
      ({ updated_at, id }) => Date.parse(String(updated_at)) > Date.parse(since) || (updated_at === since && !seen.includes(id as number)),
    )
    yield { records: changed }
    if (page === 1 && changed[0] !== undefined) {
      const newest = String(changed[0].updated_at)
      latest = { since: newest, seen: newest === since ? seen : [] }
    }
    const at = changed.flatMap(({ updated_at, id }) => (updated_at === latest.since ? [id as number] : []))
    latest = { ...latest, seen: [...new Set([...latest.seen, ...at])] }
    const oldest = records.at(-1)?.updated_at
    if (nextLink(answer.headers) === undefined || Date.parse(String(oldest)) < Date.parse(since)) break
  }
  yield { mark: { ...latest, ...(first === undefined ? {} : { etag: first }) } }
}

const commitMark = z.strictObject({
  /** Everything up to this commit has been read. */
  read: z.string().optional(),
  /** The commit that is being read up to, and its next page. */
  reading: z.strictObject({ head: z.string(), page: z.number().int() }).optional(),
  /** Of the request for the latest commit. */
  etag: z.string().optional(),
})

/**
 * Commits of the default branch. A range of commits between two of them never changes, so pages by number are
 * exact, and a commit that is merged later than it was made is not missed, as it would be by its date.
 */
const readCommits: Read<z.infer<typeof commitMark>> = async function* ({ path, mark, range }, client, config) {
  let { read, reading, etag } = mark ?? {}
  for (;;) {
    if (reading === undefined) {
      const headers = ifChanged(etag)
      const latest = await client.send({ path: `${path}/commits`, query: { per_page: 1 }, headers, reads: [304, 409] })
      // 409: the repository is empty.
      const head = latest.status === 200 ? objectsOf(latest.json)[0]?.sha : undefined
      if (typeof head !== 'string' || head === read) return
      etag = latest.headers.get('etag') ?? undefined
      reading = { head, page: 1 }
    }
    const pages = { per_page: config.page_size, page: reading.page }
    const { since, until } = { since: range?.from ?? config.start_date, until: range?.to }
    let answer: ApiAnswer | undefined
    if (read !== undefined) answer = await client.send({ path: `${path}/compare/${read}...${reading.head}`, query: pages, reads: [404] })
    // A history that was rewritten no longer has the commit: it is read anew.
    if (answer === undefined || answer.status === 404) {
      read = undefined
      answer = await client.get(`${path}/commits`, { sha: reading.head, since, until, ...pages })
    }
    yield { records: isObject(answer.json) ? objectsOf(answer.json.commits) : objectsOf(answer.json) }
    const more = nextLink(answer.headers) !== undefined
    const kept = etag === undefined ? {} : { etag }
    if (!more) {
      yield { mark: { read: reading.head, ...kept } }
      return
    }
    reading = { head: reading.head, page: reading.page + 1 }
    yield { mark: { reading, ...(read === undefined ? {} : { read }), ...kept } }
  }
}

/** When the answer was given, by GitHub's clock; a minute earlier, since that is more than one machine's. */
function serverTime(answer: ApiAnswer): string {
  const date = Date.parse(answer.headers.get('date') ?? '') - 60_000
  return `${new Date(Number.isNaN(date) ? 0 : date).toISOString().slice(0, 19)}Z`
}

function ifChanged(etag: string | undefined): Record<string, string> {
  return etag === undefined ? {} : { 'if-none-match': etag }
}

function isPast(range: CursorRange | undefined, at: string | undefined): boolean {
  return range?.to !== undefined && at !== undefined && Date.parse(at) >= Date.parse(range.to)
}
