import { amplitude } from '../destination/amplitude/index.ts'
import { ga4 } from '../destination/ga4/index.ts'
import { mixpanel } from '../destination/mixpanel/index.ts'
import { posthog } from '../destination/posthog/index.ts'
import { segment } from '../destination/segment/index.ts'
import { webhook } from '../destination/webhook/index.ts'
import type { Destination } from './destination.ts'

/** The destinations. One line each; a test holds this list against the folders. The collector has them, so sources stand in a list of their own. */
export const destinations: readonly Destination<any>[] = [amplitude, ga4, mixpanel, posthog, segment, webhook]
