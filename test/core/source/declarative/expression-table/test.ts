/** `is` and its tests. Worked out with Jinja2 3.1.6 on CPython 3.11; the context and the clock are those of ../expression-cases.ts. */
export const tests: [template: string, text: string][] = [
  [
    '{{ 3 is odd }} {{ 4 is odd }} {{ 4 is even }} {{ 0 is even }} {{ -1 is odd }} {{ 10 is divisibleby 5 }} {{ 10 is divisibleby(3) }} {{ 10 is not divisibleby 3 }}',
    'True False True True True True False True',
  ],
  [
    '{{ x is defined }} {{ x is undefined }} {{ x is not defined }} {{ config is defined }} {{ config.n is defined }} {{ config.q is undefined }}',
    'False True True True True True',
  ],
  [
    "{{ none is none }} {{ 0 is none }} {{ none is not none }} {{ '' is none }} {{ none is defined }} {{ config.none is none }} {{ config.nope is none }}",
    'True False False False True True False',
  ],
  [
    "{{ 1 is number }} {{ 1.5 is number }} {{ '1' is number }} {{ true is number }} {{ none is number }} {{ 1 is integer }} {{ 1.0 is integer }} {{ true is integer }} {{ 1.0 is float }} {{ 1 is float }}",
    'True True False True False True False False True False',
  ],
  [
    "{{ 'a' is string }} {{ 1 is string }} {{ none is string }} {{ [] is string }} {{ {} is mapping }} {{ [] is mapping }} {{ config is mapping }} {{ 'a' is mapping }}",
    'True False False False True False True False',
  ],
  [
    "{{ [] is iterable }} {{ 'a' is iterable }} {{ {} is iterable }} {{ 1 is iterable }} {{ none is iterable }} {{ config.nope is iterable }} {{ (1,) is sequence }} {{ 'a' is sequence }} {{ {} is sequence }} {{ 1 is sequence }} {{ none is sequence }}",
    'True True True False False True True True True False False',
  ],
  [
    "{{ true is boolean }} {{ 1 is boolean }} {{ true is true }} {{ 1 is true }} {{ false is false }} {{ 0 is false }} {{ none is false }} {{ 'true' is true }}",
    'True False True False True False False False',
  ],
  [
    '{{ 1 is eq 1 }} {{ 1 is equalto 1.0 }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 1 is le 1 }} {{ 1 is gt 2 }} {{ 1 is ge 1 }} {{ 2 is greaterthan 1 }} {{ 1 is lessthan 2 }} {{ 1 is sameas 1 }} {{ none is sameas none }} {{ true is sameas 1 }}',
    'True True True True True False True True True True True False',
  ],
  [
    "{{ 'abc' is lower }} {{ 'Abc' is lower }} {{ 'ABC' is upper }} {{ '1' is lower }} {{ 'a' is in 'abc' }} {{ 1 is in [1] }} {{ 'q' is not in 'abc' }} {{ 'k' is in {'k': 0} }}",
    'True False True False True True True True',
  ],
  [
    "{{ 'int' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }} {{ 'nope' is test }} {{ now_utc is callable }} {{ 1 is callable }}",
    'True False True False True False',
  ],
  [
    '{{ 1 is odd and 2 is even }} {{ 1 is odd or 1 is even }} {{ not 1 is odd }} {{ 1 + 1 is even }} {{ (1 + 1) is even }} {{ [1, 2] | length is gt 1 }}',
    'True True False 1 True True',
  ],
]
