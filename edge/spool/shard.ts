/** The groups of continents that shards are dealt out to, and where Cloudflare is to put the objects of each. */
const regions = [
  { continents: ['NA'], hint: 'enam' },
  { continents: ['EU'], hint: 'weur' },
  { continents: ['AS'], hint: 'apac' },
  { continents: ['SA'], hint: 'sam' },
  { continents: ['OC', 'AN'], hint: 'oc' },
  { continents: ['AF'], hint: 'afr' },
] as const satisfies { continents: string[]; hint: string }[]

type Hint = (typeof regions)[number]['hint']

export interface Shard {
  index: number
  /** Where the object is made, if it is not yet there (Cloudflare docs: "Data location", location hints). */
  hint: Hint | undefined
}

/** Name of the object of a shard. */
export function shardName(index: number): string {
  return index === 0 ? 'spool' : `spool-${index}`
}

/**
 * The shard that an isolate appends to: one of those of its continent, where there are as many as to tell continents
 * apart; else any. So an object is near those who use it, whoever makes it first.
 * @param continent of the isolate's first request (`request.cf`); undefined where nobody knows
 */
export function pickShard(count: number, continent: string | undefined, random: () => number): Shard {
  const any = Math.floor(random() * count)
  const region = regions.findIndex(({ continents }) => (continents as readonly string[]).includes(continent ?? ''))
  if (region === -1) return { index: any, hint: undefined }
  const { hint } = regions[region]!
  if (count < regions.length) return { index: any, hint: count === 1 ? hint : undefined }
  const own = Array.from({ length: count }, (_, index) => index).filter((index) => index % regions.length === region)
  return { index: own[Math.floor(random() * own.length)]!, hint }
}
