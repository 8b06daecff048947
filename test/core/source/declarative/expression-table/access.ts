/** Items, attributes, slices. Worked out with Jinja2 3.1.6 on CPython 3.11; the context and the clock are those of ../expression-cases.ts. */
export const accesses: [template: string, text: string][] = [
  ["{{ 'hello'[0] }} {{ 'hello'[-1] }} {{ 'hello'[1] ~ 'hello'[4] }} {{ 'hello'[9] }}|", 'h o eo |'],
  [
    "{{ 'hello'[::2] }} {{ 'hello'[1::2] }} {{ 'hello'[4:1:-1] }} {{ 'hello'[-3:] }} {{ 'hello'[:-3] }} {{ 'hello'[2:2] }}|",
    'hlo el oll llo he |',
  ],
  ["{{ 'hello'[:] }} {{ 'hello'[::] }} {{ 'hello'[-100:2] }} {{ 'hello'[3:100] }} {{ 'hello'[100:] }}|", 'hello hello he lo |'],
  ["{{ 'hello'[::-2] }} {{ 'hello'[-2::-1] }} {{ 'hello'[:2:-1] }} {{ 'hello'[10:-10:-1] }}", 'olh lleh ol olleh'],
  [
    '{{ [1, 2, 3][0:0] }} {{ [1, 2, 3][::-1] }} {{ [1, 2, 3][-1:] }} {{ (1, 2, 3)[1:] }} {{ [1, 2, 3][none:2] }}',
    '[] [3, 2, 1] [3] (2, 3) [1, 2]',
  ],
  ["{{ [1, 2, 3][true] }} {{ [1, 2, 3][-4] is defined }} {{ 'abc'['x'] is defined }} {{ [1]['x'] is defined }}", '2 False False False'],
  ["{{ config.ids[1:] }} {{ config.ids[::-1] }} {{ config['ids'][:2] }} {{ config.ids[0] + config.ids[-1] }}", '[1, 2] [2, 1, 3] [3, 1] 5'],
  ["{{ response.data[0]['tags'][1] }} {{ response['data'][1].name }} {{ response.data[0].get('name') }}", 'y bob Ada'],
  ["{{ response.meta['has_more'] }} {{ response.meta.total // 5 }} {{ response.meta.next or 'end' }}", 'False 2 end'],
  ["{{ record.updated[:4] ~ record.updated[5:7] }} {{ record['amount'] }} {{ record.code + '1' }}", '202402 19.99 0071'],
  ["{{ config.nested['a'].b }} {{ config['nested'].a['b'][0] }} {{ config.nested.a.b | last }}", '[10, 20] 10 20'],
  [
    "{{ stream_slice['start_time'] ~ 'T00:00:00Z' }} {{ stream_slice.id * 2 }} {{ stream_slice.get('nope', 0) }}",
    '2024-01-01T00:00:00Z 84 0',
  ],
]
