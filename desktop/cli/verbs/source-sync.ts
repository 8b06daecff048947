import type { Command } from 'commander'
import { runJob } from '../run-job.ts'
import { verb } from '../verb.ts'

/** `millrace source sync`: what is new, or what is asked for. */
export function addSourceSync(source: Command): void {
  const sync = source
    .command('sync <name>')
    .description('read what is new into the warehouse')
    .option('--stream <names...>', 'only these streams')
    .option('--refresh <names...>', 'read these streams from their beginning and put them in the place of what is there')
    .option('--from <cursor>', 'with --stream: read again what has this cursor or a later one; states stay')
    .option('--to <cursor>', 'with --stream: read again what is before this cursor; states stay')
  verb<[string]>(sync, (context, options, name) => {
    const { stream, refresh, from, to } = options
    const isRange = from !== undefined || to !== undefined
    if (isRange && stream === undefined) sync.error('error: --from and --to go with --stream')
    if (refresh !== undefined && stream !== undefined) sync.error('error: --refresh names its streams itself: leave --stream out')
    if (refresh !== undefined) return runJob(context, { kind: 'source', name, streams: refresh, refresh: true })
    return runJob(context, {
      kind: 'source',
      name,
      ...(stream === undefined ? {} : { streams: stream }),
      ...(isRange ? { range: { from, to } } : {}),
    })
  })
}
