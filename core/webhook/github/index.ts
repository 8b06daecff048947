import { z } from 'zod'
import { lookup, lookupText } from '../../connector/lookup.ts'
import { verifyHmac } from '../../connector/signature.ts'
import { defineWebhookSource } from '../../connector/webhook-source.ts'

const config = z.strictObject({
  secret: z.string().min(1).meta({ secret: true }).describe('The Secret of the webhook.'),
})

/** GitHub's webhooks: the event's name and its action, `pull_request.opened` (docs.github.com/webhooks/webhook-events-and-payloads). */
export const github = defineWebhookSource({
  name: 'github',
  title: 'GitHub',
  description: 'What happens in a repository, organization or app. In GitHub: Settings, Webhooks, Add webhook.',
  config,
  // docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
  verify: ({ secret }, request) => verifyHmac(request, { header: 'x-hub-signature-256', secret, prefix: 'sha256=' }),
  events(_config, item, { headers }) {
    const [name, action] = [headers.get('x-github-event') ?? 'event', lookupText(item, 'action')]
    const sender = lookupText(item, 'sender.id')
    return [
      {
        type: 'track',
        event: action === undefined ? name : `${name}.${action}`,
        anonymousId: sender,
        // A delivery that is sent again keeps its id.
        messageId: headers.get('x-github-delivery') ?? undefined,
        timestamp: happenedAt(name, item),
        properties: item,
        context: {
          externalId: sender && [{ type: 'githubUserId', id: sender }],
          traits: sender && {
            username: lookup(item, 'sender.login'),
            avatar: lookup(item, 'sender.avatar_url'),
            type: lookup(item, 'sender.type'),
          },
          groupId: lookupText(item, 'organization.id'),
        },
      },
    ]
  },
})

/** Deliveries have no time of their own; what they are about has. */
function happenedAt(name: string, item: object): string | undefined {
  if (name === 'push') return lookupText(item, 'head_commit.timestamp')
  if (name === 'star') return lookupText(item, 'starred_at')
  for (const part of [name, 'comment', 'review', 'issue', 'pull_request', 'release', 'workflow_run', 'check_run', 'deployment']) {
    const time = lookupText(item, `${part}.updated_at`, `${part}.submitted_at`, `${part}.published_at`, `${part}.created_at`)
    if (time !== undefined) return time
  }
  return undefined
}
