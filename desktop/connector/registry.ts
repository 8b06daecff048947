import { sources as coreSources } from '#core/connector/source-registry.ts'
import type { Source } from '#core/connector/source.ts'
import { clickhouse } from './clickhouse/index.ts'
import { files } from './files/index.ts'
import { mysql } from './mysql/index.ts'
import { postgres } from './postgres/index.ts'
import { sqlite } from './sqlite/index.ts'

/** The sources that need Node, one folder each beside this file; a test holds this list against the folders. */
export const nodeSources: readonly Source<any>[] = [clickhouse, files, mysql, postgres, sqlite]

/** All that can be read from on a desktop or a server. */
export const sources: readonly Source<any>[] = [...coreSources, ...nodeSources]
