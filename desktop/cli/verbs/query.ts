import { readFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import { MillraceError } from '#core/lib/error.ts'
import { createClickHouse, warehouseError } from '#desktop/host/clickhouse.ts'
import { resultBytes } from '#desktop/host/result-stream.ts'
import { withSession } from '../session.ts'
import { verb } from '../verb.ts'

/** Straight to the warehouse, streamed to stdout in whatever format it has: no limit, no copy in memory. */
export function addQuery(program: Command): void {
  verb<[string | undefined]>(
    program
      .command('query [sql]')
      .description('run SQL in the warehouse (- or nothing reads it from stdin)')
      .addOption(
        new Option('--format <name>', "one of ClickHouse's output formats (default: a table, TSV into a pipe, JSON lines with --json)"),
      ),
    (context, options, sql) =>
      withSession(
        context,
        async ({ warehouse: address }) => {
          const text = sql === undefined || sql === '-' ? readFileSync(0, 'utf8') : sql
          if (text.trim() === '') throw new MillraceError({ code: 'empty-sql', fault: 'config', message: 'There is no SQL to run.' })
          if (address === undefined)
            throw new MillraceError({
              code: 'warehouse-unreachable',
              fault: 'transient',
              message: 'The running host has no warehouse yet.',
            })
          const warehouse = createClickHouse(address)
          try {
            const format =
              (options['format'] as string | undefined) ??
              (context.output.json ? 'JSONEachRow' : process.stdout.isTTY ? 'PrettyCompactMonoBlock' : 'TabSeparatedWithNames')
            const { stream, response_headers } = await warehouse.client.exec({
              query: text,
              abort_signal: context.signal,
              clickhouse_settings: { ...({ default_format: format } as object), output_format_json_quote_64bit_integers: 1 },
            })
            const tag = response_headers['x-clickhouse-exception-tag']
            await pipeline(resultBytes(stream, Array.isArray(tag) ? tag[0] : tag), process.stdout, { end: false })
          } catch (thrown) {
            // A reader that had enough (`| head`) is no failure.
            if ((thrown as NodeJS.ErrnoException).code === 'EPIPE') return 'done'
            throw warehouseError(thrown, context.signal)
          } finally {
            await warehouse.close()
          }
          return 'done'
        },
        { evenBroken: true },
      ),
  )
}
