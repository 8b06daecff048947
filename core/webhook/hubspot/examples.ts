import type { WebhookExample } from '../../connector/webhook-source.ts'

const config = { client_secret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy', url: 'https://www.example.com/webhook_uri' }
const now = 1462216308_500
const headers = { 'x-hubspot-request-timestamp': '1462216308000' }
const docs = 'developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide'
const validation = 'developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation'

export const examples: readonly WebhookExample<object>[] = [
  {
    title: 'a property of a contact: a track event, and the trait',
    docs: `${docs}#webhooks-payloads`,
    config,
    now,
    request: {
      headers: { ...headers, 'x-hubspot-signature-v3': 'vp4TrGT+EV5aqrXuy77iaEqBdLQJ7wyksFf7zEzRn68=' },
      body: '[{"objectId":1246965,"propertyName":"lifecyclestage","propertyValue":"subscriber","changeSource":"ACADEMY","eventId":3816279340,"subscriptionId":25,"portalId":33,"appId":1160452,"occurredAt":1462216307945,"subscriptionType":"contact.propertyChange","attemptNumber":0}]',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'contact.propertyChange',
          anonymousId: '1246965',
          messageId: '33-25-3816279340-1246965-1462216307945',
          timestamp: 1462216307945,
          properties: {
            objectId: 1246965,
            propertyName: 'lifecyclestage',
            propertyValue: 'subscriber',
            changeSource: 'ACADEMY',
            eventId: 3816279340,
            subscriptionId: 25,
            portalId: 33,
            appId: 1160452,
            occurredAt: 1462216307945,
            subscriptionType: 'contact.propertyChange',
            attemptNumber: 0,
          },
          context: { externalId: [{ type: 'hubspotContactId', id: '1246965' }] },
        },
        {
          type: 'identify',
          anonymousId: '1246965',
          messageId: '33-25-3816279340-1246965-1462216307945-identify',
          timestamp: 1462216307945,
          traits: { lifecyclestage: 'subscriber' },
          context: { externalId: [{ type: 'hubspotContactId', id: '1246965' }] },
        },
      ],
    },
  },
  {
    title: 'the newer form of it, of a company, in a list with a deal; the address has a query',
    docs: 'developers.hubspot.com/docs/guides/apps/public-apps/create-generic-webhook-subscriptions',
    config,
    now,
    request: {
      url: 'http://127.0.0.1/v1/webhook/hubspot?tenant=a%2Fb%20c',
      headers: { ...headers, 'x-hubspot-signature-v3': '6f4Rn+lkBIZC6R3xXYj3Qrg5+ME5APIYncrXrMgXgp4=' },
      body: '[{"objectId":11,"objectTypeId":"0-2","propertyName":"name","propertyValue":"Acme","eventId":1,"subscriptionId":2,"portalId":33,"occurredAt":1462216300000,"subscriptionType":"object.propertyChange"},{"objectId":12,"objectTypeId":"0-3","eventId":2,"subscriptionId":3,"portalId":33,"occurredAt":1462216300001,"subscriptionType":"object.creation"}]',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'object.propertyChange',
          messageId: '33-2-1-11-1462216300000',
          timestamp: 1462216300000,
          properties: {
            objectId: 11,
            objectTypeId: '0-2',
            propertyName: 'name',
            propertyValue: 'Acme',
            eventId: 1,
            subscriptionId: 2,
            portalId: 33,
            occurredAt: 1462216300000,
            subscriptionType: 'object.propertyChange',
          },
          context: {},
        },
        {
          type: 'group',
          groupId: '11',
          messageId: '33-2-1-11-1462216300000-group',
          timestamp: 1462216300000,
          traits: { name: 'Acme' },
          context: {},
        },
        {
          type: 'track',
          event: 'object.creation',
          messageId: '33-3-2-12-1462216300001',
          timestamp: 1462216300001,
          properties: {
            objectId: 12,
            objectTypeId: '0-3',
            eventId: 2,
            subscriptionId: 3,
            portalId: 33,
            occurredAt: 1462216300001,
            subscriptionType: 'object.creation',
          },
          context: {},
        },
      ],
    },
  },
  {
    title: 'a contact that is new',
    docs,
    config,
    now,
    request: {
      headers: { ...headers, 'x-hubspot-signature-v3': 'uSVQRh5qh3dE1A2UAkWhtBbTBFIGceoHnJQvoIYXTh0=' },
      body: '[{"objectId":65059681032,"changeFlag":"CREATED","changeSource":"CRM_UI","eventId":567890123,"subscriptionId":234567,"portalId":12345678,"appId":987654,"occurredAt":1462216307000,"subscriptionType":"contact.creation","attemptNumber":0}]',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'contact.creation',
          anonymousId: '65059681032',
          messageId: '12345678-234567-567890123-65059681032-1462216307000',
          timestamp: 1462216307000,
          properties: {
            objectId: 65059681032,
            changeFlag: 'CREATED',
            changeSource: 'CRM_UI',
            eventId: 567890123,
            subscriptionId: 234567,
            portalId: 12345678,
            appId: 987654,
            occurredAt: 1462216307000,
            subscriptionType: 'contact.creation',
            attemptNumber: 0,
          },
          context: { externalId: [{ type: 'hubspotContactId', id: '65059681032' }] },
        },
      ],
    },
  },
  {
    title: 'a signature older than five minutes',
    docs: validation,
    config,
    now: now + 301_000,
    request: { headers: { ...headers, 'x-hubspot-signature-v3': 'qSaEzm2ssDvdbGx6RP2b2xuoO8pFHNEFIwd//G1PgKE=' }, body: '[]' },
    expected: { refused: 'wrong-signature' },
  },
  {
    title: 'a signature for another address',
    docs: validation,
    config: { ...config, url: 'https://www.example.com/other' },
    now,
    request: { headers: { ...headers, 'x-hubspot-signature-v3': 'mGuDO1XuFPxXEOqyuJz4GrB2XqH3pxqUzWvJRXwOCQI=' }, body: '[]' },
    expected: { refused: 'wrong-signature' },
  },
]
