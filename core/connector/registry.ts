import { webhook } from '../destination/webhook/index.ts'
import { declarative } from '../source/declarative/index.ts'
import type { Destination } from './destination.ts'
import type { Source } from './source.ts'

/** The connectors that run anywhere. One line each; a test holds this list against the folders. */
export const sources: readonly Source<any>[] = [declarative]
export const destinations: readonly Destination<any>[] = [webhook]
