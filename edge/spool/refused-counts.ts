import type { Refused } from '#core/event/edge-metrics.ts'

/** How many requests were refused, by source and code, since the data folder was made. */
export class RefusedCounts {
  readonly #storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS refused (
        source TEXT NOT NULL, code TEXT NOT NULL, requests INTEGER NOT NULL, PRIMARY KEY (source, code)
      ) WITHOUT ROWID;
    `)
  }

  add(counts: readonly Refused[]): void {
    this.#storage.transactionSync(() => {
      for (const { source, code, requests } of counts) {
        this.#storage.sql.exec(
          'INSERT INTO refused (source, code, requests) VALUES (?, ?, ?) ON CONFLICT (source, code) DO UPDATE SET requests = requests + excluded.requests',
          source ?? '',
          code,
          requests,
        )
      }
    })
  }

  all(): Refused[] {
    return this.#storage.sql
      .exec<{ source: string; code: string; requests: number }>('SELECT source, code, requests FROM refused')
      .toArray()
      .map(({ source, ...counts }) => (source === '' ? counts : { source, ...counts }))
  }
}
