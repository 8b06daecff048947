/** Calls that a page may make before the SDK is there; it makes them up when it comes (analytics-next, core/buffer). */
const calls = [
  'track',
  'page',
  'identify',
  'group',
  'alias',
  'screen',
  'reset',
  'ready',
  'on',
  'once',
  'off',
  'debug',
  'setAnonymousId',
  'trackLink',
  'trackForm',
  'trackSubmit',
  'trackClick',
  'register',
  'addSourceMiddleware',
]

/**
 * What a site puts into its pages: it loads the browser SDK from the collector, keeps the calls made until then, and
 * notes a page view.
 * @param path `first_party.path` of the source
 * @param collector address of the collector as browsers reach it: https://events.example.com
 */
export function htmlSnippet(writeKey: string, path: string, collector: string): string {
  const script = `${collector.replace(/\/+$/, '')}${path}/${encodeURIComponent(writeKey)}.js`
  return `<script>
  !(function (w, d, calls) {
    if (w.analytics) return
    var queue = (w.analytics = [])
    calls.forEach(function (name) {
      queue[name] = function () {
        queue.push([name].concat([].slice.call(arguments)))
        return queue
      }
    })
    var script = d.createElement('script')
    script.async = true
    script.src = ${inScript(script)}
    d.head.appendChild(script)
    queue.page()
  })(window, document, ${inScript(calls.join(' '))}.split(' '))
</script>
`
}

/** A text as a literal that does not end the script it stands in. */
function inScript(text: string): string {
  return JSON.stringify(text).replaceAll('<', '\\u003c')
}
