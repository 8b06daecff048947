import { braze } from '../webhook/braze/index.ts'
import { customerio } from '../webhook/customerio/index.ts'
import { generic } from '../webhook/generic/index.ts'
import { github } from '../webhook/github/index.ts'
import { hubspot } from '../webhook/hubspot/index.ts'
import { iterable } from '../webhook/iterable/index.ts'
import { segment } from '../webhook/segment/index.ts'
import { sendgrid } from '../webhook/sendgrid/index.ts'
import { shopify } from '../webhook/shopify/index.ts'
import { slack } from '../webhook/slack/index.ts'
import { stripe } from '../webhook/stripe/index.ts'
import type { WebhookSource } from './webhook-source.ts'

/** The webhook sources: apart from the other connectors, because the Worker holds these and no others. A test holds this list against the folders. */
export const webhookSources: readonly WebhookSource<any>[] = [
  braze,
  customerio,
  generic,
  github,
  hubspot,
  iterable,
  segment,
  sendgrid,
  shopify,
  slack,
  stripe,
]
