import { amplitude } from '../destination/amplitude/index.ts'
import { ga4 } from '../destination/ga4/index.ts'
import { mixpanel } from '../destination/mixpanel/index.ts'
import { posthog } from '../destination/posthog/index.ts'
import { segment } from '../destination/segment/index.ts'
import { webhook } from '../destination/webhook/index.ts'
import { declarative } from '../source/declarative/index.ts'
import { github } from '../source/github/index.ts'
import { hubspot } from '../source/hubspot/index.ts'
import { salesforce } from '../source/salesforce/index.ts'
import { stripe } from '../source/stripe/index.ts'
import { zendesk } from '../source/zendesk/index.ts'
import type { Destination } from './destination.ts'
import type { Source } from './source.ts'

/** The connectors that run anywhere. One line each; a test holds this list against the folders. */
export const sources: readonly Source<any>[] = [declarative, github, hubspot, salesforce, stripe, zendesk]
export const destinations: readonly Destination<any>[] = [amplitude, ga4, mixpanel, posthog, segment, webhook]
