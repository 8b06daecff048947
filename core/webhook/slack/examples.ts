import type { WebhookExample } from '../../connector/webhook-source.ts'

// The secret, time, body and signature of the first case are those of Slack's own page.
const config = { signing_secret: '8f742231b10e8888abcd99yyyzzz85a5' }
const time = { 'x-slack-request-timestamp': '1531420618' }
const now = 1531420620_000

export const examples: readonly WebhookExample<object>[] = [
  {
    title: 'a slash command, which comes as a form',
    docs: 'docs.slack.dev/authentication/verifying-requests-from-slack',
    config,
    now,
    request: {
      headers: {
        ...time,
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      },
      body: 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'Slash Command',
          anonymousId: 'U2CERLKJA',
          messageId: '398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
          properties: {
            team_id: 'T1DC2JH3J',
            team_domain: 'testteamnow',
            channel_id: 'G8PSS9T3V',
            channel_name: 'foobar',
            user_id: 'U2CERLKJA',
            user_name: 'roadrunner',
            command: '/webhook-collect',
            text: '',
          },
          context: { externalId: [{ type: 'slackUserId', id: 'U2CERLKJA' }], slack: { team: 'T1DC2JH3J' } },
        },
      ],
    },
  },
  {
    title: 'Slack asks whether the address is ours',
    docs: 'docs.slack.dev/reference/events/url_verification',
    config,
    now,
    request: {
      headers: {
        ...time,
        'content-type': 'application/json',
        'x-slack-signature': 'v0=f9bd80929259f3f6d5fe3a3186c453c89cd1ad4862815a15837584f31c993652',
      },
      body: '{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}',
    },
    expected: {
      challenge: { status: 200, contentType: 'text/plain', body: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P' },
    },
  },
  {
    title: 'a reaction',
    docs: 'docs.slack.dev/reference/events/reaction_added',
    config,
    now,
    request: {
      headers: {
        ...time,
        'content-type': 'application/json',
        'x-slack-signature': 'v0=3ea1b8e95a6d8a4e6a28c56a042537053044baf694991f1af579a7fe731f8ceb',
      },
      body: '{"token":"XXYYZZ","team_id":"T123ABC456","api_app_id":"A123ABC456","event":{"type":"reaction_added","user":"U123ABC456","item":{"type":"message","channel":"C123ABC456","ts":"1464196127.000002"},"reaction":"slightly_smiling_face","item_user":"U222222222","event_ts":"1465244570.336841"},"type":"event_callback","event_id":"Ev123ABC456","event_time":1465244570}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'Reaction Added',
          anonymousId: 'U123ABC456',
          messageId: 'Ev123ABC456',
          timestamp: 1465244570,
          properties: {
            type: 'reaction_added',
            user: 'U123ABC456',
            item: { type: 'message', channel: 'C123ABC456', ts: '1464196127.000002' },
            reaction: 'slightly_smiling_face',
            item_user: 'U222222222',
            event_ts: '1465244570.336841',
          },
          context: { externalId: [{ type: 'slackUserId', id: 'U123ABC456' }], slack: { team: 'T123ABC456', app: 'A123ABC456' } },
        },
      ],
    },
  },
  {
    title: 'somebody who joins is identified',
    docs: 'docs.slack.dev/reference/events/team_join',
    config,
    now,
    request: {
      headers: {
        ...time,
        'content-type': 'application/json',
        'x-slack-signature': 'v0=87436008d42f1942e0c395559194c0ab549abee65f90409e9ab4c462d3d262cb',
      },
      body: '{"team_id":"T1","api_app_id":"A1","event":{"type":"team_join","user":{"id":"U1","name":"ada","tz":"Europe/Berlin","profile":{"real_name":"Ada L.","email":"ada@example.com","title":"Engineer"}},"event_ts":"1531420610.000100"},"type":"event_callback","event_id":"Ev2","event_time":1531420610}',
    },
    expected: {
      events: [
        {
          type: 'identify',
          anonymousId: 'U1',
          messageId: 'Ev2',
          timestamp: 1531420610,
          traits: { email: 'ada@example.com', name: 'Ada L.', username: 'ada', title: 'Engineer', timezone: 'Europe/Berlin' },
          context: { externalId: [{ type: 'slackUserId', id: 'U1' }], slack: { team: 'T1', app: 'A1' } },
        },
      ],
    },
  },
  {
    title: 'a button that was pressed: JSON in a form',
    docs: 'docs.slack.dev/reference/interaction-payloads/block_actions-payload',
    config,
    now,
    request: {
      headers: {
        ...time,
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-signature': 'v0=4b29de5c3b6e00588802208408b522b0ecf2f423cbf0925f7cfbfc3c6f2547ae',
      },
      body: `payload=${encodeURIComponent('{"type":"block_actions","team":{"id":"T9"},"user":{"id":"U9","username":"bob"},"api_app_id":"A9","trigger_id":"12466734323.1395872398","actions":[{"action_id":"ok","action_ts":"1548426417.840180"}]}')}`,
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'Block Actions',
          anonymousId: 'U9',
          messageId: '12466734323.1395872398',
          properties: {
            type: 'block_actions',
            team: { id: 'T9' },
            user: { id: 'U9', username: 'bob' },
            api_app_id: 'A9',
            actions: [{ action_id: 'ok', action_ts: '1548426417.840180' }],
          },
          context: { externalId: [{ type: 'slackUserId', id: 'U9' }], slack: { team: 'T9', app: 'A9' } },
        },
      ],
    },
  },
  {
    title: 'a request older than five minutes',
    docs: 'docs.slack.dev/authentication/verifying-requests-from-slack',
    config,
    now: now + 3600_000,
    request: {
      headers: { ...time, 'x-slack-signature': 'v0=5025a102182f11161096c0dc2fc26d579158446c928c56fabda14fecd7be4a08' },
      body: '{"type":"event_callback"}',
    },
    expected: { refused: 'wrong-signature' },
  },
]
