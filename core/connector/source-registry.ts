import { declarative } from '../source/declarative/index.ts'
import { github } from '../source/github/index.ts'
import { hubspot } from '../source/hubspot/index.ts'
import { salesforce } from '../source/salesforce/index.ts'
import { stripe } from '../source/stripe/index.ts'
import { zendesk } from '../source/zendesk/index.ts'
import type { Source } from './source.ts'

/** The sources that run anywhere. One line each; a test holds this list against the folders. */
export const sources: readonly Source<any>[] = [declarative, github, hubspot, salesforce, stripe, zendesk]
