/** The methods of str. Worked out with Jinja2 3.1.6 on CPython 3.11; the context and the clock are those of ../expression-cases.ts. */
export const textMethods: [template: string, text: string][] = [
  [
    "{{ 'a.b.c'.split('.') }} {{ 'a.b.c'.split('.')[-1] }} {{ 'abc'.split('x') }} {{ ''.split(',') }} {{ ''.split() }}",
    "['a', 'b', 'c'] c ['abc'] [''] []",
  ],
  [
    "{{ 'a  b'.split(' ') }} {{ ' a  b '.split() }} {{ 'a b c'.split(none, 1) }} {{ 'a,b,c'.split(',', maxsplit=1) }} {{ 'a,,b'.split(',') }}",
    "['a', '', 'b'] ['a', 'b'] ['a', 'b c'] ['a', 'b,c'] ['a', '', 'b']",
  ],
  [
    "{{ 'a-b-c'.rsplit('-') }} {{ 'a-b-c'.rsplit('-', 1) }} {{ ' a b c '.rsplit(none, 1) }} {{ 'abc'.rsplit('-', 1) }}",
    "['a', 'b', 'c'] ['a-b', 'c'] [' a b', 'c'] ['abc']",
  ],
  [
    "{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.partition('=') }} {{ 'abc'.rpartition('=') }}",
    "('a', '=', 'b=c') ('a=b', '=', 'c') ('abc', '', '') ('', '', 'abc')",
  ],
  [
    "{{ 'a\\nb\\r\\nc\\n'.splitlines() }} {{ ''.splitlines() }} {{ 'a\\n\\nb'.splitlines() }} {{ 'a\\nb'.splitlines(true) }}",
    "['a', 'b', 'c'] [] ['a', '', 'b'] ['a\\n', 'b']",
  ],
  [
    "{{ 'Hello World'.swapcase() }} {{ 'hello world'.title() }} {{ \"they're bill's\".title() }} {{ 'x1y'.title() }} {{ 'ABC def'.capitalize() }}",
    "hELLO wORLD Hello World They'Re Bill'S X1Y Abc def",
  ],
  ["{{ 'abc'.upper() }} {{ 'ÀÉ'.lower() }} {{ 'straße'.upper() }} {{ 'ß'.casefold() }} {{ 'ǆ'.upper() }}", 'ABC àé STRASSE ss Ǆ'],
  [
    "{{ '  x  '.strip() }}|{{ '  x  '.lstrip() }}|{{ '  x  '.rstrip() }}|{{ 'xyaxy'.strip('xy') }}|{{ '///a/'.strip('/') }}",
    'x|x  |  x|a|a',
  ],
  ["{{ '\\t x\\n'.strip() }}| {{ 'abc'.strip('') }} {{ 'aXbXa'.strip('a') }}", 'x| abc XbX'],
  [
    "{{ 'abc'.replace('b', '') }} {{ 'aaa'.replace('a', 'b', 2) }} {{ 'abc'.replace('', '-') }} {{ 'abc'.replace('x', 'y') }} {{ 'aaa'.replace('a', 'b', 0) }}",
    'ac bba -a-b-c- abc aaa',
  ],
  ["{{ 'a$b'.replace('$', '$&') }} {{ 'abc'.replace('b', '\\\\1') }}", 'a$&b a\\1c'],
  [
    "{{ 'abc'.startswith('a') }} {{ 'abc'.startswith(('x', 'ab')) }} {{ 'abc'.startswith('b', 1) }} {{ 'abc'.endswith('bc') }} {{ ''.startswith('') }}",
    'True True True True True',
  ],
  [
    "{{ 'abcabc'.find('c') }} {{ 'abcabc'.find('c', 3) }} {{ 'abcabc'.rfind('b') }} {{ 'abc'.find('') }} {{ 'abcabc'.index('c') }} {{ 'abcabc'.rindex('c') }}",
    '2 5 4 0 2 5',
  ],
  ["{{ 'banana'.count('a') }} {{ 'aaaa'.count('aa') }} {{ 'abc'.count('') }} {{ 'banana'.count('x') }}", '3 2 4 0'],
  [
    "{{ '-'.join(['a', 'b', 'c']) }} {{ ''.join('abc') }} {{ ', '.join([]) }}| {{ '-'.join(('a',)) }} {{ '-'.join({'a': 1, 'b': 2}) }}",
    'a-b-c abc | a a-b',
  ],
  [
    "{{ '42'.zfill(5) }} {{ '-42'.zfill(5) }} {{ '+42'.zfill(6) }} {{ ''.zfill(3) }} {{ '12345'.zfill(3) }}",
    '00042 -0042 +00042 000 12345',
  ],
  [
    "{{ 'ab'.center(6) }}| {{ 'ab'.center(7, '*') }} {{ 'ab'.ljust(4, '.') }} {{ 'ab'.rjust(4, '.') }} {{ 'abc'.center(6, '*') }}",
    '  ab  | ***ab** ab.. ..ab *abc**',
  ],
  [
    "{{ '123'.isdigit() }} {{ '1.5'.isdigit() }} {{ '²'.isdigit() }} {{ '½'.isnumeric() }} {{ '²'.isdecimal() }} {{ '12'.isdecimal() }}",
    'True False True True False True',
  ],
  [
    "{{ 'abc'.isalpha() }} {{ 'ab1'.isalpha() }} {{ 'ab1'.isalnum() }} {{ 'a b'.isalnum() }} {{ ' \\t'.isspace() }} {{ ''.isalpha() }}",
    'True False True False True False',
  ],
  [
    "{{ 'abc'.islower() }} {{ 'aBc'.islower() }} {{ 'ABC1'.isupper() }} {{ '123'.isupper() }} {{ 'Hello World'.istitle() }} {{ 'Hello world'.istitle() }} {{ 'a_1'.isidentifier() }}",
    'True False True False True False True',
  ],
  [
    "{{ 'foobar'.removeprefix('foo') }} {{ 'foobar'.removesuffix('bar') }} {{ 'foobar'.removeprefix('x') }} {{ 'foobar'.removesuffix('') }}",
    'bar foo foobar foobar',
  ],
  [
    "{{ '{}-{}'.format(1, 'a') }} {{ '{1}-{0}'.format('a', 'b') }} {{ '{x}{y}'.format(x=1, y=2.0) }} {{ '{{}}'.format() }} {{ '{} {}'.format(none, true) }}",
    '1-a b-a 12.0 {} None True',
  ],
  [
    "{{ '{:>5}|{:<5}|{:^5}'.format('a', 'b', 'c') }} {{ '{:05d} {:.2f} {:,}'.format(42, 3.14159, 1234567) }} {{ '{:x} {:X} {:b} {:o}'.format(255, 255, 5, 8) }}",
    '    a|b    |  c   00042 3.14 1,234,567 ff FF 101 10',
  ],
  [
    "{{ '{0[a]}'.format({'a': 1}) }} {{ '{!r}'.format('x') }} {{ '{:%}'.format(0.5) }} {{ '{:e}'.format(12345.678) }} {{ '{:+d}'.format(5) }}",
    "1 'x' 50.000000% 1.234568e+04 +5",
  ],
]
