/** Blocks, loops, white space. Worked out with Jinja2 3.1.6 on CPython 3.11; the context and the clock are those of ../expression-cases.ts. */
export const statements: [template: string, text: string][] = [
  [
    "{% if 1 %}a{% endif %}b {% if 0 %}a{% else %}c{% endif %} {% if 0 %}a{% elif 1 %}d{% endif %} {% if '' %}a{% elif 0 %}b{% elif [] %}c{% else %}e{% endif %}",
    'ab c d e',
  ],
  [
    '{% if config.n == 7 and not config.nope %}ok{% endif %} {% if config.nope %}x{% else %}y{% endif %} {% if config.nope is defined and config.nope.deep %}x{% else %}z{% endif %} {% if (config.n, 1) %}t{% endif %}',
    'ok y z t',
  ],
  [
    "{% for i in [1, 2, 3] %}{{ i }}{% endfor %} {% for c in 'abc' %}{{ c }}-{% endfor %} {% for k in {'a': 1, 'b': 2} %}{{ k }}{% endfor %} {% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %} {% for x in config.nope %}{{ x }}{% else %}empty{% endfor %}",
    '123 a-b-c- ab a=1 empty',
  ],
  [
    '{% for i in [1, 2, 3] if i is odd %}{{ loop.index }}/{{ loop.length }}:{{ i }} {% endfor %} {% for i in [1, 2, 3] %}{{ loop.first }}{{ loop.last }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }} {% endfor %}',
    '1/2:1 2/2:3  TrueFalse032 FalseFalse121 FalseTrue210 ',
  ],
  [
    "{% for i in [1, 2] %}{% for j in [3, 4] %}{{ i }}{{ j }}{{ loop.depth }}{{ loop.depth0 }} {% endfor %}{% endfor %} {% for i in [1, 1, 2] %}{{ loop.changed(i) }} {% endfor %} {% for i in [1, 2, 3] %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    '1310 1410 2310 2410  True False True  aba',
  ],
  [
    '{% for i in [1, 2, 3] %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {% endfor %} {% for i in [1, 2] %}{{ loop.previtem is defined }}{% endfor %}',
    '<1>2 1<2>3 2<3>  FalseTrue',
  ],
  [
    '{% for a, b in [[1, 2], (3, 4)] %}{{ a + b }} {% endfor %} {% for (a, b) in [(1, 2)] %}{{ a }}{{ b }}{% endfor %} {% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}',
    '3 7  12 123',
  ],
  [
    "{% set x = 1 %}{{ x }} {% set x = x + 1 %}{{ x }} {% set a, b = 'p', 'q' %}{{ a ~ b }} {% set l = [1, 2] %}{{ l[0] }} {% set t = 1, 2 %}{{ t }}",
    '1 2 pq 1 (1, 2)',
  ],
  ['{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }} {% for i in [5] %}{% set x = i %}{{ x }}{% endfor %} {{ x }}', '2 5 2'],
  [
    '{% set ns = namespace(found=false, n=0) %}{% for i in [1, 2, 3] %}{% if i == 2 %}{% set ns.found = true %}{% endif %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.found }} {{ ns.n }}',
    'True 6',
  ],
  ['{% set block %}a {{ 1 + 1 }} b{% endset %}[{{ block }}] {% set up | upper %}abc{% endset %}{{ up }}', '[a 2 b] ABC'],
  ['{% with a = 1, b = 2 %}{{ a + b }}{% endwith %} {% with %}{% set z = 5 %}{{ z }}{% endwith %}{{ z is defined }}', '3 5False'],
  ["{% filter upper %}abc {{ 'def' }}{% endfilter %} {% filter replace('a', 'b') | upper %}aaa{% endfilter %}", 'ABC DEF BBB'],
  ['a {%- if true -%} b {%- endif -%} c', 'abc'],
  ["a {{- 'b' -}} c", 'abc'],
  ['a   {#- c -#}   b {# d #} e', 'ab  e'],
  ['  {% if true %}  x  {% endif %}  ', '    x    '],
  ['{% for i in [1, 2] -%}   {{ i }}   {%- endfor %}|', '12|'],
  ['{%- set x = 1 -%}   {{ x }}', '1'],
  ["{{ 'a' }}  {{- 'b' }}  {{ 'c' -}}  d", 'ab  cd'],
  ["{{- 'x' -}}   {%- if 1 -%}   y   {%- endif %}", 'xy'],
  ['{%+ if true %}a{% endif +%} b {{ 1 -}}', 'a b 1'],
  ['{% raw %}{{ x }} {% if %}{% endraw %} {%- raw -%}  y  {%- endraw -%}  z', '{{ x }} {% if %}yz'],
  ['{# {{ nope.nope }} #}x{##}y', 'xy'],
  ["{{ '}}' }} {{ '{{' }} {{ \"%}\" }} {{ {'a': {'b': 1}} }} {{ {'a': {'b': {'c': 2}}}.a.b.c}}", "}} {{ %} {'a': {'b': 1}} 2"],
]
