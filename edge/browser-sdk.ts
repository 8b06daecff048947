// As text, which esbuild and with it wrangler bring in: the whole SDK is one string in the Worker. The names of its parts
// have a hash, so the package's version is exact in package.json; another version fails to bundle.
import links from '@segment/analytics-next/dist/umd/auto-track.bundle.f131ce01a05e3a33a8c1.js' with { type: 'text' }
import sdk from '@segment/analytics-next/dist/umd/index.js' with { type: 'text' }
import query from '@segment/analytics-next/dist/umd/queryString.bundle.34b193ada8fe288d1bd1.js' with { type: 'text' }
import { segmentSettings } from '#core/event/browser-settings.ts'
import type { SdkSource } from '#core/event/edge-config.ts'

export interface Script {
  etag: string
  /** UTF-8, gzipped. */
  gzip: ArrayBuffer
  text: string
}

const made = new WeakMap<SdkSource, Promise<Script>>()

/** The browser SDK of a source, made once a publication and isolate. */
export function browserSdk(source: SdkSource): Promise<Script> {
  let script = made.get(source)
  if (script === undefined) made.set(source, (script = make(source)))
  return script
}

/**
 * Segment's analytics-next for the page, with key and settings in it, so that it asks nobody for them. Where it came from
 * is where it sends to, whatever proxies stand between. The parts it would load when first needed (trackLink, ?ajs_event)
 * are put in the list where webpack looks for them, because their address would name the SDK to an ad blocker.
 */
async function make(source: SdkSource): Promise<Script> {
  const text = `/* @segment/analytics-next, MIT License, Copyright (c) Segment */
(function () {
var script = document.currentScript;
var base = new URL('.', script && script.src || location.origin + ${literal(`${source.first_party.path}/`)}).href.slice(0, -1);
var settings = ${literal(segmentSettings(source, 'https://host'))};
var us = settings.integrations['Segment.io'];
us.protocol = base.split('://')[0];
us.apiHost = base.split('://')[1];
(function (define, module, exports) {
${[links, query, sdk].map(withoutMap).join('\n')}
})();
var stub = window.analytics;
AnalyticsNext.AnalyticsBrowser.load({ writeKey: us.apiKey, cdnURL: base, cdnSettings: settings }, stub && stub._loadOptions || {})
  .then(function (loaded) { window.analytics = loaded[0]; });
})();
`
  const bytes = new TextEncoder().encode(text)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const etag = `"${Array.from(digest.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('')}"`
  const gzip = await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
  return { etag, gzip, text }
}

/** JSON is JavaScript. */
function literal(value: unknown): string {
  return JSON.stringify(value)
}

/** The maps of the package are not served. */
function withoutMap(text: string): string {
  return text.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, '')
}
