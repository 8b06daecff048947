import { expect, test } from 'vitest'
import { contextOf } from './enriched.ts'

const page = (url: string) => ({ context: { page: { url } } })

test.each<[string, object, object | undefined, object | undefined]>([
  [
    'all the parameters',
    page(
      'https://x.example/?utm_source=news&utm_medium=email&utm_campaign=Spring+Sale%21&utm_term=t&utm_content=c&utm_id=7&utm_source_platform=p',
    ),
    { source: 'news', medium: 'email', name: 'Spring Sale!', term: 't', content: 'c', id: '7', source_platform: 'p' },
    undefined,
  ],
  ['in capitals', page('https://x.example/?UTM_Source=News#top'), { source: 'News' }, undefined],
  [
    'ids of clicks',
    page('https://x.example/?gclid=g1&fbclid=f1&ScCid=s1&msclkid=m&ttclid=t&wbraid=w'),
    undefined,
    { gclid: 'g1', fbclid: 'f1', sccid: 's1', msclkid: 'm', ttclid: 't', wbraid: 'w' },
  ],
  ['the first of several', page('https://x.example/?utm_source=a&utm_source=b'), { source: 'a' }, undefined],
  ['of the properties', { type: 'page', properties: { url: 'https://x.example/?utm_source=a' } }, { source: 'a' }, undefined],
  ['of the query', { context: { page: { search: '?utm_source=a', path: '/' } } }, { source: 'a' }, undefined],
  ['none in a fragment', page('https://x.example/#?utm_source=a'), undefined, undefined],
  ['none in another parameter', page('https://x.example/?next=utm_source&utm_=1&utm_other=2'), undefined, undefined],
  ['empty ones', page('https://x.example/?utm_source=&gclid='), undefined, undefined],
  ['broken escapes', page('https://x.example/?utm_source=%E0%A4%A&utm_medium=%'), { source: '\ufffd%A', medium: '%' }, undefined],
  ['a hostile name', page('https://x.example/?utm_source=a&__proto__=b&constructor=c'), { source: 'a' }, undefined],
  ['no text', { context: { page: { url: 7, search: {} } }, properties: { url: [] } }, undefined, undefined],
])('%s', async (_name, event, campaign, clickIds) => {
  const context = await contextOf(event)
  expect([context['campaign'], context['clickIds']]).toEqual([campaign, clickIds])
})

test('what the sender said stands', async () => {
  const url = 'https://x.example/?utm_source=a&utm_medium=b'
  expect((await contextOf({ context: { page: { url }, campaign: { source: 'mine' } } }))['campaign']).toEqual({ source: 'mine' })
  expect((await contextOf({ context: { page: { url }, campaign: { source: 'a', x: 1 } } }))['campaign']).toEqual({
    source: 'a',
    medium: 'b',
    x: 1,
  })
  expect(await contextOf(page(url), { enrich: { campaign: false } })).not.toHaveProperty('campaign')
})
