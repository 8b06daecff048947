import type { SdkSource } from './edge-config.ts'

/**
 * What Segment's browser SDK asks for at /v1/projects/<key>/settings before it sends: one integration, us. It sends each
 * event to `<protocol>://<apiHost>/<first letter of the type>`; a server's cookie counts only on a request with credentials.
 * @param base where its events go, without a slash at the end: https://events.example.com/v1
 */
export function segmentSettings(source: SdkSource, base: string): object {
  const [protocol, apiHost] = base.split('://')
  return {
    integrations: {
      'Segment.io': {
        apiKey: source.write_key,
        apiHost,
        protocol,
        addBundledMetadata: false,
        ...(source.first_party.cookie_domain === undefined ? {} : { deliveryStrategy: { config: { credentials: 'include' } } }),
      },
    },
    // Or it reports on itself to its maker.
    metrics: { sampleRate: 0 },
  }
}

/** What RudderStack's browser SDK asks for at /sourceConfig before it sends: no destinations in the browser, no reports to its maker. */
export function rudderConfig(source: SdkSource): object {
  return {
    source: {
      id: source.name,
      name: source.name,
      writeKey: source.write_key,
      enabled: source.enabled,
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
      destinations: [],
    },
  }
}
