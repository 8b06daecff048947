/** Jinja's filters and the CDK's. Worked out with Jinja2 3.1.6 on CPython 3.11; the context and the clock are those of ../expression-cases.ts. */
export const filters: [template: string, text: string][] = [
  [
    "{{ '42' | int }} {{ '-42' | int }} {{ ' 42 ' | int }} {{ '4_2' | int }} {{ '42.9' | int }} {{ '-0.5' | int }} {{ '1e3' | int }} {{ 'abc' | int }} {{ '' | int }}",
    '42 -42 42 42 42 0 1000 0 0',
  ],
  [
    "{{ 3.99 | int }} {{ -3.99 | int }} {{ true | int }} {{ none | int }} {{ [] | int }} {{ 'x' | int(default=7) }} {{ none | int(-1) }}",
    '3 -3 1 0 0 7 -1',
  ],
  [
    "{{ '0x1A' | int(base=16) }} {{ '1A' | int(0, 16) }} {{ '0b11' | int(0, 2) }} {{ '17' | int(0, 8) }} {{ '0o17' | int(0, 8) }} {{ '0x1A' | int }} {{ 'zz' | int(0, 36) }}",
    '26 26 3 15 15 0 1295',
  ],
  [
    "{{ '3.14' | float }} {{ 'abc' | float }} {{ '' | float(1.5) }} {{ 3 | float }} {{ '1e-3' | float }} {{ '.5' | float }} {{ 'inf' | float }} {{ true | float }} {{ none | float }} {{ none | float(none) }}",
    '3.14 0.0 1.5 3.0 0.001 0.5 inf 1.0 0.0 None',
  ],
  [
    "{{ 1 | string }} {{ 'a' | string }} {{ 1.5 | string }} {{ none | string }} {{ true | string }} {{ [1, 'a'] | string }} {{ {'a': none} | string }}",
    '"""1""" a """1.5""" """null""" """true""" """[1, "a"]""" """{"a": null}"""',
  ],
  [
    "{{ '' | length }} {{ 'abc' | length }} {{ [1, 2] | length }} {{ {'a': 1} | length }} {{ (1,) | length }} {{ config.nope | length }} {{ 'x' | count }}",
    '0 3 2 1 1 0 1',
  ],
  [
    "{{ ['a', 'b'] | join }} {{ ['a', 'b'] | join(',') }} {{ [1, none, true, 2.0] | join('-') }} {{ [] | join(',') }}| {{ 'abc' | join('.') }} {{ {'a': 1, 'b': 2} | join('+') }} {{ [1, 2] | join(d='; ') }}",
    'ab a,b 1-None-True-2.0 | a.b.c a+b 1; 2',
  ],
  ["{{ response.data | join(', ', attribute='name') }} {{ response.data | join('|', 'id') }}", 'Ada, bob 1|2'],
  [
    "{{ config.nope | default('x') }} {{ config.nope | default }}| {{ '' | default('x') }}| {{ '' | default('x', true) }} {{ none | default('x') }} {{ none | default('x', true) }} {{ 0 | default(5, true) }} {{ false | default('f', boolean=true) }} {{ config.nope | d(1) + 1 }}",
    'x | | x None x 5 f 2',
  ],
  [
    "{{ nope | default('undefined name') }} {{ config.nope | default(config.n) }} {{ config.nope | default(default_value='k') }} {{ config['a']['b'] | default('deep') if config.a is defined else 'no' }}",
    'undefined name 7 k no',
  ],
  [
    "{{ [1, 2, 3] | map('string') | join }} {{ ['a', 'b'] | map('upper') | list }} {{ ['1', '2'] | map('int') | sum }} {{ ['1', 'x'] | map('int', 9) | list }} {{ ['1', 'x'] | map('int', default=9) | list }}",
    '"""1""""""2""""""3""" [\'A\', \'B\'] 3 [1, 9] [1, 9]',
  ],
  [
    "{{ response.data | map(attribute='id') | list }} {{ response.data | map(attribute='nope') | list | length }} {{ response.data | map(attribute='nope', default='?') | join(',') }} {{ [[1, 2], [3, 4]] | map(attribute=1) | list }} {{ response.data | map(attribute='tags') | map('length') | list }}",
    '[1, 2] 2 ?,? [2, 4] [2, 0]',
  ],
  [
    "{{ ['a-b', 'c-d'] | map('replace', '-', '_') | list }} {{ [' x '] | map('trim') | list }} {{ [[3, 1], [2]] | map('sort') | list }} {{ [1.5, 2.5] | map('round') | map('int') | list }} {{ {'a': 1} | map('upper') | list }}",
    "['a_b', 'c_d'] ['x'] [[1, 3], [2]] [2, 2] ['A']",
  ],
  [
    "{{ [1, 2, 3, 4] | select('odd') | list }} {{ [1, 2, 3, 4] | select('gt', 2) | list }} {{ ['', 'a', none, 0, 1] | select | list }} {{ [1, 'a', none] | select('string') | list }} {{ [1, 2, 3] | select('in', [1, 3]) | list }} {{ [1, 5] | select('divisibleby', 5) | list }}",
    "[1, 3] [3, 4] ['a', 1] ['a'] [1, 3] [5]",
  ],
  [
    "{{ [1, 2, 3] | reject('odd') | list }} {{ ['', 'a'] | reject | list }} {{ [none, 1] | reject('none') | list }} {{ [1, 2] | reject('equalto', 2) | list }} {{ [1, none] | select('defined') | list }}",
    "[2] [''] [1] [1] [1, None]",
  ],
  [
    "{{ response.data | selectattr('tags') | map(attribute='name') | list }} {{ response.data | selectattr('name', 'equalto', 'bob') | map(attribute='id') | first }} {{ response.data | selectattr('id', '>', 1) | list | length }} {{ response.data | selectattr('id', '==', 1) | map(attribute='name') | join }} {{ response.data | selectattr('nope', 'defined') | list }} {{ response.data | selectattr('name', 'in', ['Ada']) | list | length }}",
    "['Ada'] 2 1 Ada [] 1",
  ],
  [
    "{{ response.data | rejectattr('name', 'equalto', 'bob') | map(attribute='name') | list }} {{ response.data | rejectattr('tags') | map(attribute='id') | list }} {{ [{'a': {'b': 1}}, {'a': {'b': 0}}] | selectattr('a.b') | list }} {{ [{'a': 1}, {}] | rejectattr('a', 'undefined') | list }}",
    "['Ada'] [2] [{'a': {'b': 1}}] [{'a': 1}]",
  ],
  [
    "{{ [1, 5] | select('>', 2) | list }} {{ [1, 5] | select('<=', 1) | list }} {{ [1, 5] | select('!=', 1) | list }} {{ [1, 5] | select('ge', 5) | list }} {{ [1, 5] | select('lt', 5) | list }}",
    '[5] [1] [5] [5] [1]',
  ],
  [
    "{{ 'abc' | hash }} {{ 'abc' | hash('sha1') }} {{ 'abc' | hash('sha256') }} {{ 5 | hash }} {{ none | hash }}",
    '900150983cd24fb0d6963f7d28e17f72 a9993e364706816aba3e25717850c26c9cd0d89d ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad e4da3b7fbbce2345d7772b0674a318d5 6adf97f83acf6453d4a6a4b1070f3754',
  ],
  [
    "{{ 'abc' | hash('md5', 'salt') }} {{ 'abc' | hash(hash_type='sha512', salt='s') | length }} {{ 'abc' | hash('sha224') | length }} {{ 'abc' | hash('sha384') | length }} {{ 'abc' | hash(salt='') }}",
    '1e21f6da01c5047e4bf45b0496bd6937 128 56 96 900150983cd24fb0d6963f7d28e17f72',
  ],
  [
    "{{ 'Test client_secret' | hash() }} {{ 'Test client_secret' | hash('md5', salt='salt') }} {{ 'é' | hash('sha3_256') }} {{ 'abc' | hash('blake2b') | length }}",
    '3032d57a12f76b61a820e47b9a5a0cbb 5011a0168579c2d94cbbe1c6ad14327c 9e9bf67e95b10ed4ce3fa9481ac0158a0e71ad67bf7904855258f161fb9dd648 128',
  ],
  [
    "{{ 'Test client_secret' | base64encode }} {{ 'ZmFrZSByZWZyZXNoX3Rva2VuIHZhbHVl' | base64decode }} {{ 'é😀' | base64encode }} {{ 'w6nwn5iA' | base64decode }} {{ '' | base64encode }}| {{ (config.api_key ~ ':') | base64encode }} {{ 'user:pass' | base64binascii_decode }}",
    'VGVzdCBjbGllbnRfc2VjcmV0 fake refresh_token value w6nwn5iA é😀 | czNjcjN0Og== dXNlcjpwYXNz',
  ],
  ["{{ 'aGk=\\n' | base64decode }} {{ 'aG k=' | base64decode }}", 'hi hi'],
  [
    "{{ 'msg' | hmac('key') }} {{ 5 | hmac('key', 'sha256') }} {{ 'msg' | hmac(key='k', hash_type='sha256') }}",
    '2d93cbc1be167bcb1637a4a23cbff01a7878f0c50ee833954ea5221bb1b8c628 ab20d8bbe394c193b6182ca459324966b8112064e0eb3dc53c1ac80321ffc712 bf1a0c1242929b6464a6c0a9ac6298a67e09bd1cd4ef1f182ce0141691fc17a0',
  ],
  [
    "{{ 'goodbye, cruel world' | regex_search('goodbye,\\\\s(.*)$') }} {{ 'a1b22' | regex_search('([0-9]+)') }} {{ 'abc' | regex_search('b') }}| {{ 'abc' | regex_search('(x)') }}|",
    'cruel world 1 | |',
  ],
  [
    "{{ 'https://api.example.com/v1/items?page=3&x=1' | regex_search('page=(\\\\d+)') }} {{ 'ABC' | regex_search('(?i)(abc)') }} {{ 'k=v' | regex_search('(?P<key>\\\\w+)=') }} {{ '<https://a.b/c?p=2>; rel=\"next\"' | regex_search('<(.*?)>; rel=\"next\"') }} {{ 'ab' | regex_search('(a)|(b)') }} {{ '2024-01-31T00' | regex_search('^(\\\\d{4}-\\\\d{2})') }}",
    '3 ABC k https://a.b/c?p=2 a 2024-01',
  ],
  [
    "{{ 'line1\\nline2' | regex_search('(?m)^(line2)$') }} {{ 'a.b' | regex_search('a(\\\\.)b') }} {{ 'x' | regex_search('(y)?x') }}",
    'line2 . None',
  ],
  [
    "{{ {'b': 1, 'a': [1, 2.0, none, true, 'x']} | tojson }} {{ 'a\"b' | tojson }} {{ none | tojson }} {{ 'é' | tojson }} {{ '<a href=\"x\">&\\'</a>' | tojson }} {{ 1.0 | tojson }} {{ [] | tojson }} {{ {} | tojson }}",
    '{"a": [1, 2.0, null, true, "x"], "b": 1} "a\\"b" null "\\u00e9" "\\u003ca href=\\"x\\"\\u003e\\u0026\\u0027\\u003c/a\\u003e" 1.0 [] {}',
  ],
  ["{{ {'a': [1, {'b': 2}], 'c': {}} | tojson(indent=2) }}", '{\n  "a": [\n    1,\n    {\n      "b": 2\n    }\n  ],\n  "c": {}\n}'],
  [
    "{{ {2: 'a', 'b': none} | string }} {{ {'z': 1, 'a': 2} | string }} {{ [1.5, 1e20, 1e-7] | string }}",
    '"""{"2": "a", "b": null}""" """{"z": 1, "a": 2}""" """[1.5, 1e+20, 1e-07]"""',
  ],
  [
    "{{ 'a b&c=d/e?f' | urlencode }} {{ 'é' | urlencode }} {{ {'a': 1, 'b c': 'd&e'} | urlencode }} {{ [('a', 1), ('b', 'x y')] | urlencode }} {{ 5 | urlencode }} {{ \"a~b-c_d.e!'()*\" | urlencode }} {{ '' | urlencode }}| {{ '+ %' | urlencode }}",
    'a%20b%26c%3Dd/e%3Ff %C3%A9 a=1&b+c=d%26e a=1&b=x+y 5 a~b-c_d.e%21%27%28%29%2A | %2B%20%25',
  ],
  ["{{ '  x  ' | trim }}| {{ 'xxaxx' | trim('x') }} {{ '\\n a \\t' | trim }}| {{ 5 | trim }} {{ '/a/' | trim(chars='/') }}", 'x| a a| 5 a'],
  [
    "{{ 'aXbX' | replace('X', '-') }} {{ 'aXbX' | replace('X', '-', 1) }} {{ 'abc' | replace('', '-') }} {{ 5 | replace('5', 'five') }} {{ 'a.b' | replace(old='.', new='/') }} {{ 'aaa' | replace('a', 'b', count=2) }}",
    'a-b- a-bX -a-b-c- five a/b bba',
  ],
  [
    "{{ 'aBc' | upper }} {{ 'aBc' | lower }} {{ 'hello world' | title }} {{ \"they're x-ray (foo) [bar]\" | title }} {{ 'hELLO wORLD' | capitalize }} {{ none | upper }} {{ 1.5 | lower }}",
    "ABC abc Hello World They're X-Ray (Foo) [Bar] Hello world NONE 1.5",
  ],
  [
    "{{ [1, 2] | first }} {{ [1, 2] | last }} {{ 'abc' | first }} {{ 'abc' | last }} {{ [] | first }}| {{ [] | last }}| {{ {'k': 1} | first }} {{ [] | first | default('none') }}",
    '1 2 a c | | k none',
  ],
  [
    "{{ [1, 2, 1, 3] | unique | list }} {{ ['a', 'A', 'b'] | unique | join }} {{ ['a', 'A', 'b'] | unique(case_sensitive=true) | join }} {{ 'abca' | unique | join }} {{ response.data | unique(attribute='id') | list | length }} {{ [1, 1.0, true] | unique | list }}",
    '[1, 2, 3] ab aAb abc 2 [1]',
  ],
  [
    "{{ [3, 1, 2] | sort }} {{ [3, 1, 2] | sort(true) }} {{ ['b', 'A', 'c'] | sort }} {{ ['b', 'A', 'c'] | sort(case_sensitive=true) }} {{ response.data | sort(attribute='name', reverse=true) | map(attribute='name') | list }} {{ 'cab' | sort }} {{ {'b': 1, 'a': 2} | sort }} {{ [] | sort }}",
    "[1, 2, 3] [3, 2, 1] ['A', 'b', 'c'] ['A', 'b', 'c'] ['bob', 'Ada'] ['a', 'b', 'c'] ['a', 'b'] []",
  ],
  [
    "{{ [{'a': 1, 'b': 2}, {'a': 1, 'b': 1}, {'a': 0, 'b': 3}] | sort(attribute='a,b') | map(attribute='b') | list }} {{ [(1, 'b'), (1, 'a')] | sort }} {{ [2.5, 1, 2] | sort }} {{ ['B', 'b', 'a'] | sort }} {{ ['b', 'B', 'a'] | sort(reverse=true) }}",
    "[3, 1, 2] [(1, 'a'), (1, 'b')] [1, 2, 2.5] ['a', 'B', 'b'] ['b', 'B', 'a']",
  ],
  [
    "{{ 'abc' | list }} {{ {'a': 1} | list }} {{ (1, 2) | list }} {{ config.nope | list }} {{ [] | list }}",
    "['a', 'b', 'c'] ['a'] [1, 2] [] []",
  ],
  [
    "{{ {'b': 1, 'a': 2} | dictsort }} {{ {'b': 1, 'a': 2} | dictsort(by='value') }} {{ {'b': 1, 'a': 2} | dictsort(reverse=true) }} {{ {'b': 1, 'A': 2} | dictsort }} {{ {'b': 1, 'A': 2} | dictsort(true) }}",
    "[('a', 2), ('b', 1)] [('b', 1), ('a', 2)] [('b', 1), ('a', 2)] [('A', 2), ('b', 1)] [('A', 2), ('b', 1)]",
  ],
  ["{{ {'b': 1, 'a': 2} | items | list }} {{ {} | items | list }} {{ config.nope | items | list }}", "[('b', 1), ('a', 2)] [] []"],
  [
    "{{ [3, 1, 2] | min }} {{ [3, 1, 2] | max }} {{ ['b', 'A'] | min }} {{ ['b', 'A'] | max }} {{ ['b', 'B'] | min(case_sensitive=true) }} {{ [] | max }}| {{ [1.5, 2] | max }} {{ response.data | max(attribute='id') | string | length }} {{ 'hello' | max }} {{ [[1, 2], [1, 3]] | max }}",
    '1 3 A b B | 2 42 o [1, 3]',
  ],
  [
    "{{ [1, 2, 3] | sum }} {{ [1.5, 2] | sum }} {{ [] | sum }} {{ response.data | sum(attribute='id') }} {{ [1, 2] | sum(start=10) }} {{ [[1], [2]] | sum(start=[]) }} {{ [true, true] | sum }} {{ response.data | sum('id') }}",
    '6 3.5 0 3 13 [1, 2] 2 3',
  ],
  [
    "{{ 2.5 | round }} {{ 3.5 | round }} {{ -2.5 | round }} {{ 2.675 | round(2) }} {{ 1.005 | round(2) }} {{ 42.55 | round(1) }} {{ 42.55 | round(1, 'floor') }} {{ 42.51 | round(1, 'ceil') }} {{ 1234 | round(-2) }} {{ 1250 | round(-2) }} {{ 5 | round }} {{ 1e16 | round }} {{ 0.5 | round }} {{ 1.15 | round(1) }} {{ 2.345 | round(2) }} {{ 25.0 | round(-1) }} {{ 1.25 | round(1) }} {{ 5 | round(0, 'ceil') }} {{ -1.5 | round(method='floor') }} {{ 8.125 | round(2) }}",
    '2.0 4.0 -2.0 2.67 1.0 42.5 42.5 42.6 1200 1200 5 1e+16 0.0 1.1 2.35 20.0 1.2 5.0 -2.0 8.12',
  ],
  ['{{ -3 | abs }} {{ -3.5 | abs }} {{ 0 | abs }} {{ (-5) | abs }} {{ -7 // 2 | abs }} {{ true | abs }}', '3 3.5 0 5 -4 1'],
  ["{{ [1, 2, 3] | reverse | list }} {{ 'abc' | reverse }} {{ (1, 2) | reverse | list }}", '[3, 2, 1] cba [2, 1]'],
  [
    "{{ [1, 2, 3, 4, 5] | batch(2) | list }} {{ [1, 2, 3] | batch(2, 'x') | list }} {{ [1, 2, 3, 4, 5] | slice(2) | list }} {{ [1, 2, 3] | slice(2, 'x') | list }}",
    "[[1, 2], [3, 4], [5]] [[1, 2], [3, 'x']] [[1, 2, 3], [4, 5]] [[1, 2], [3, 'x']]",
  ],
  [
    "{{ 'a b c' | wordcount }} {{ \"it's\" | wordcount }} {{ '' | wordcount }} {{ 'abc' | center(7) }}| {{ 'a\\nb' | indent }} {{ 'a\\nb' | indent(2, true) }} {{ 'a\\n\\nb' | indent(2) }}",
    '3 2 0   abc  | a\n    b   a\n  b a\n\n  b',
  ],
  [
    "{{ 'foo bar baz' | truncate(9) }} {{ 'foo bar baz' | truncate(9, true) }} {{ 'foo bar baz qux' | truncate(9, false, '…', 0) }} {{ 'foo bar baz qux' | truncate(11, leeway=0) }} {{ 'abcdefghijkl' | truncate(5, leeway=0) }}",
    'foo bar baz foo bar baz foo bar… foo bar... ab...',
  ],
  [
    "{{ '<b>x</b> &amp; <!-- c --> y' | striptags }} {{ '<a>&\"\\'' | e }} {{ '<a>' | escape }} {{ 'x' | safe }} {{ '<a>' | forceescape }}",
    'x & y &lt;a&gt;&amp;&#34;&#39; &lt;a&gt; x &lt;a&gt;',
  ],
  [
    "{{ '%s is %d' | format('a', 5) }} {{ '%05.1f|%-5s|%5s|%+d|%x|%X|%o|%e|%g|%%' | format(3.14159, 'a', 'b', 5, 255, 255, 8, 12345.678, 0.0001) }} {{ '%(a)s' | format(a=1) }}",
    'a is 5 003.1|a    |    b|+5|ff|FF|10|1.234568e+04|0.0001|% 1',
  ],
  [
    "{{ '%s' % 'x' }} {{ '%s-%s' % (1, 2) }} {{ '%d' % 3.9 }} {{ '%.2f' % 2 }} {{ '%03d' % 7 }} {{ '%s' % [1, 2] }} {{ '%s' % {'a': 1} }} {{ '%(a)s' % {'a': 1} }} {{ '%r' % 'x' }} {{ '%5.1f|' % 2.25 }} {{ '%c' % 'a' }} {{ '%.3s' % 'abcdef' }} {{ '%x' % 255 }} {{ '%i' % 5 }}",
    "x 1-2 3 2.00 007 [1, 2] {'a': 1} 1 'x'   2.2| a abc ff 5",
  ],
  [
    "{{ 5 | string | length }} {{ '5' | int + 3 }} {{ -1 | abs + 1 }} {{ 3 * 2 | string | length }} {{ 1 + 2 | float }} {{ (1 + 2) | float }} {{ not [] | length }} {{ 'a' ~ 'b' | upper }} {{ ('a' ~ 'b') | upper }}",
    '7 8 2 21 3.0 3.0 True aB AB',
  ],
  [
    "{{ 'a,b' | upper | lower | replace(',', ';') }} {{ ('a,b').split(',') | map('upper') | join('+') }} {{ ['x']|first|upper }} {{ [1,2,3]|map('float')|sum|round(1) }}",
    'a;b A+B X 6.0',
  ],
  [
    "{{ none | map(attribute='id') | list }} {{ 0 | select | list }} {{ false | reject('none') | list }} {{ '' | selectattr('a') | list }}",
    '[] [] [] []',
  ],
  [
    "{{ config.nope | reverse | list }} {{ config.nope | truncate(4) }}| {{ [1, 2] | truncate(4) }} {{ {'a': 1} is lower }} {{ 'x' % [1] }}",
    '[] | [1, 2] True x',
  ],
  ['{{ config.nope | slice(2) | list }} {{ config.nope | batch(2) | list }} {{ (1, 2) | reverse | list }}', '[[], []] [] [2, 1]'],
]
