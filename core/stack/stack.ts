import type { ErrorData, Place } from '../lib/error.ts'
import type {
  DestinationFile,
  ModelConfig,
  PlanFile,
  SourceFile,
  StackFile,
  SyncFile,
  TraitFile,
  TraitSqlConfig,
  TransformConfig,
} from './schema.ts'

/**
 * A stack, parsed. `load` returns one however broken its files are: what could not be read is left
 * out and stands in `problems`, so that the studio can show the rest.
 */
export interface Stack {
  file: StackFile
  sources: Definition<SourceFile>[]
  destinations: Definition<DestinationFile>[]
  transforms: Definition<TransformConfig & { code: string }>[]
  models: Definition<ModelConfig & SqlText>[]
  traits: Definition<TraitDefinition>[]
  syncs: Definition<SyncFile>[]
  plans: Definition<PlanFile & { version: string }>[]
  problems: Problem[]
}

export interface Definition<Content> {
  /** The file's stem. */
  name: string
  /** Path within the stack, with /. */
  path: string
  content: Content
  /** Where a field stands in the file, by its path with dots: `config.url`, `fields.email`. */
  places: Readonly<Record<string, Place>>
}

/** The SELECT of a .sql file, without its leading comment, and the line of the file that it begins on (from 1). */
export interface SqlText {
  sql: string
  line: number
}

export type TraitDefinition = { form: 'typed'; trait: TraitFile } | ({ form: 'sql'; trait: TraitSqlConfig } & SqlText)

export type Problem = ErrorData & { severity: 'error' | 'warning' }

/** Reads the files of a stack: a folder in Node, a map in a test. Paths are within the stack, with /. */
export interface StackFiles {
  list(): Promise<string[]>
  read(path: string): Promise<string>
}
