/**
 * The versions of the state database, in order: the statement at index 0 leads to version 1.
 * A migration that was released is never changed; a new one goes to the end.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    job_key TEXT NOT NULL,
    job TEXT NOT NULL,
    trigger TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    counts TEXT NOT NULL DEFAULT '{}',
    error TEXT
  ) STRICT;
  CREATE INDEX runs_by_job ON runs (job_key, id);
  CREATE INDEX runs_by_status ON runs (status);

  CREATE TABLE steps (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    counts TEXT NOT NULL DEFAULT '{}',
    error TEXT,
    PRIMARY KEY (run_id, id)
  ) STRICT;

  CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    facts TEXT
  ) STRICT;
  CREATE INDEX logs_by_run ON logs (run_id, id);

  CREATE TABLE cursors (
    source TEXT NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    value TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (source, stream)
  ) STRICT;

  CREATE TABLE schedules (
    job_key TEXT PRIMARY KEY,
    pattern TEXT NOT NULL,
    last_at INTEGER NOT NULL
  ) STRICT;
  `,
]
