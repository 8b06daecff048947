import type { Table } from '../warehouse/table.ts'

/** Computed traits, long: one row an entity and trait. A partition a trait, so that one is replaced in one step. */
export const traits: Table = {
  kind: 'table',
  name: { database: 'profiles', table: 'traits' },
  columns: [
    { name: 'entity', type: 'LowCardinality(String)', comment: 'user, account, …' },
    { name: 'id', type: 'String', comment: 'Which one.' },
    { name: 'trait', type: 'LowCardinality(String)' },
    { name: 'value', type: 'String', comment: 'JSON.' },
    { name: 'computed_at', type: "DateTime64(3, 'UTC')" },
  ],
  engine: 'MergeTree',
  partitionBy: '(entity, trait)',
  orderBy: ['entity', 'trait', 'id'],
  comment: 'Computed traits, one row an entity and trait.',
}

/** The type that each trait had when it was computed last: what the columns of `profiles.users` are made of. */
export const traitTypes: Table = {
  kind: 'table',
  name: { database: 'profiles', table: 'trait_types' },
  columns: [
    { name: 'entity', type: 'LowCardinality(String)' },
    { name: 'trait', type: 'LowCardinality(String)' },
    { name: 'type', type: 'String', comment: "ClickHouse's type of the value." },
    { name: 'entities', type: 'UInt64', comment: 'How many have a value.' },
    { name: 'computed_at', type: "DateTime64(3, 'UTC')" },
  ],
  engine: 'ReplacingMergeTree(computed_at)',
  orderBy: ['entity', 'trait'],
  comment: 'Type and size of each computed trait.',
}

export const profileTables: readonly Table[] = [traits, traitTypes]
