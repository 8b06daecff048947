/** The methods of dict, list and tuple. Worked out with Jinja2 3.1.6 on CPython 3.11; the context and the clock are those of ../expression-cases.ts. */
export const collections: [template: string, text: string][] = [
  [
    "{{ {'a': 1}.get('a') }} {{ {'a': 1}.get('b') }} {{ {'a': 1}.get('b', 2) }} {{ {'a': none}.get('a', 2) }} {{ {'a': 1}.get('b', default=3) if false else 'n' }}",
    '1 None 2 None n',
  ],
  [
    "{{ {'a': 1, 'b': 2}.keys() | list }} {{ {'a': 1, 'b': 2}.values() | list }} {{ {'a': 1, 'b': 2}.items() | list }}",
    "['a', 'b'] [1, 2] [('a', 1), ('b', 2)]",
  ],
  ["{{ {'a': 1}.copy() }} {{ {'a': 1} | list }} {{ {'a': 1} | length }} {{ {'a': 1, 'b': 2} | first }}", "{'a': 1} ['a'] 1 a"],
  ["{% set d = {} %}{% set _ = d.update({'a': 1}) %}{% set _ = d.update(b=2) %}{{ d }}", "{'a': 1, 'b': 2}"],
  ["{% set d = {'a': 1} %}{{ d.pop('a') }} {{ d }} {{ d.pop('x', 9) }} {{ d.setdefault('k', 5) }} {{ d }}", "1 {} 9 5 {'k': 5}"],
  [
    '{% set l = [3, 1] %}{% set _ = l.append(2) %}{% set _ = l.extend([5, 6]) %}{% set _ = l.insert(0, 9) %}{{ l }} {{ l.pop() }} {{ l.pop(0) }} {{ l }}',
    '[9, 3, 1, 2, 5, 6] 6 9 [3, 1, 2, 5]',
  ],
  [
    '{% set l = [3, 1, 2] %}{% set _ = l.sort() %}{{ l }}{% set _ = l.reverse() %}{{ l }}{% set _ = l.remove(3) %}{{ l }} {{ l.index(1) }} {{ [1, 2, 1].count(1) }}',
    '[1, 2, 3][3, 2, 1][2, 1] 1 2',
  ],
  ['{{ (1, 2, 1).count(1) }} {{ (1, 2).index(2) }} {{ [1, 2].copy() }}', '2 1 [1, 2]'],
]
