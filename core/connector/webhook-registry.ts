import { generic } from '../webhook/generic/index.ts'
import { github } from '../webhook/github/index.ts'
import { sendgrid } from '../webhook/sendgrid/index.ts'
import { slack } from '../webhook/slack/index.ts'
import { stripe } from '../webhook/stripe/index.ts'
import type { WebhookSource } from './webhook-source.ts'

/** The webhook sources: apart from the other connectors, because the Worker holds these and no others. A test holds this list against the folders. */
export const webhookSources: readonly WebhookSource<any>[] = [generic, github, sendgrid, slack, stripe]
