/** The CDK's macros, and the methods of datetime, date and timedelta. Worked out with Jinja2 3.1.6 on CPython 3.11; the context and the clock are those of ../expression-cases.ts. */
export const times: [template: string, text: string][] = [
  ['{{ now_utc() }}', '2026-03-01 12:30:45.123000+00:00'],
  [
    "{{ now_utc().isoformat() }} {{ now_utc().isoformat(' ') }} {{ now_utc().isoformat(timespec='seconds') }} {{ now_utc().isoformat(sep=' ', timespec='milliseconds') }}",
    '2026-03-01T12:30:45.123000+00:00 2026-03-01 12:30:45.123000+00:00 2026-03-01T12:30:45+00:00 2026-03-01 12:30:45.123+00:00',
  ],
  [
    "{{ now_utc().strftime('%Y-%m-%dT%H:%M:%SZ') }} {{ now_utc().strftime('%Y%m%d') }} {{ now_utc().strftime('%s') }} {{ now_utc().strftime('%f') }} {{ now_utc().strftime('%z %Z') }} {{ now_utc().strftime('%j %U %W %V %G %u %w') }}",
    '2026-03-01T12:30:45Z 20260301 1772368245 123000 +0000 UTC 060 09 08 09 2026 7 0',
  ],
  [
    "{{ now_utc().strftime('%a %A %b %B %d %m %y %H %I %p %M %S') }} {{ now_utc().strftime('%c') }} {{ now_utc().strftime('%x %X %D %F %T %R') }} {{ now_utc().strftime('%-d/%-m/%-H %e') }} {{ now_utc().strftime('100%%') }} {{ now_utc().strftime('') }}|",
    'Sun Sunday Mar March 01 03 26 12 12 PM 30 45 Sun Mar  1 12:30:45 2026 03/01/26 12:30:45 03/01/26 2026-03-01 12:30:45 12:30 1/3/12  1 100% |',
  ],
  [
    "{{ now_utc().strftime('%C %h %n%t| %r %l %k %P') }} {{ now_utc().strftime('%Q') }} {{ now_utc().strftime('plain text') }} {{ now_utc().strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3] }}",
    '20 Mar \n\t| 12:30:45 PM 12 12 pm %Q plain text 2026-03-01T12:30:45.123',
  ],
  [
    '{{ now_utc().date() }} {{ now_utc().year }} {{ now_utc().month }} {{ now_utc().day }} {{ now_utc().hour }} {{ now_utc().minute }} {{ now_utc().second }} {{ now_utc().microsecond }}',
    '2026-03-01 2026 3 1 12 30 45 123000',
  ],
  [
    '{{ now_utc().weekday() }} {{ now_utc().isoweekday() }} {{ now_utc().isocalendar()[1] }} {{ now_utc().timestamp() }} {{ now_utc().timestamp() | int }} {{ (now_utc().timestamp() * 1000) | int }} {{ now_utc().toordinal() }}',
    '6 7 9 1772368245.123 1772368245 1772368245123 739676',
  ],
  [
    "{{ now_utc().replace(hour=0, minute=0, second=0, microsecond=0) }} {{ now_utc().replace(day=1).strftime('%Y-%m-%d') }} {{ now_utc().replace(microsecond=0).isoformat() }} {{ now_utc().replace(year=2024, month=2, day=29).date() }} {{ now_utc().replace(2020).year }}",
    '2026-03-01 00:00:00+00:00 2026-03-01 2026-03-01T12:30:45+00:00 2024-02-29 2020',
  ],
  [
    "{{ today_utc() }} {{ today_utc().strftime('%Y/%m/%d') }} {{ today_utc().isoformat() }} {{ today_utc().year }} {{ today_utc().replace(day=31) }} {{ today_utc().weekday() }} {{ today_utc().strftime('%H:%M') }}",
    '2026-03-01 2026/03/01 2026-03-01 2026 2026-03-31 6 00:00',
  ],
  [
    "{{ now_utc() - duration('P1D') }} {{ now_utc() + duration('PT1H') }} {{ (now_utc() - duration('P1W')).date() }} {{ (now_utc() - duration('PT30M')).strftime('%H:%M') }} {{ today_utc() - duration('P1D') }} {{ today_utc() + duration('P30D') }}",
    '2026-02-28 12:30:45.123000+00:00 2026-03-01 13:30:45.123000+00:00 2026-02-22 12:00 2026-02-28 2026-03-31',
  ],
  [
    "{{ duration('P1D') }} {{ duration('P6DT23H') }} {{ duration('PT0S') }} {{ duration('PT1.5S') }} {{ duration('P2W') }} {{ duration('PT36H') }} {{ duration('P1D').days }} {{ duration('PT90S').seconds }} {{ duration('P1DT1H').total_seconds() }} {{ duration('PT1H') * 2 }} {{ duration('P1D') - duration('PT1H') }} {{ duration('P1D') > duration('PT23H') }} {{ duration('P1D') == duration('PT24H') }} {{ duration('P1D') / duration('PT1H') }} {{ -duration('P1D') }} {{ duration('P1D') // 2 }} {{ duration('P1D') / 2 }}",
    '1 day, 0:00:00 6 days, 23:00:00 0:00:00 0:00:01.500000 14 days, 0:00:00 1 day, 12:00:00 1 90 90000.0 2:00:00 23:00:00 True True 24.0 -1 day, 0:00:00 12:00:00 12:00:00',
  ],
  [
    "{{ (now_utc() - str_to_datetime('2026-02-28T12:30:45.123Z')).days }} {{ now_utc() - str_to_datetime('2026-03-02T12:30:45.123Z') }} {{ (now_utc() - str_to_datetime('2026-03-01')).seconds }} {{ (today_utc() - today_utc()) }} {{ (today_utc() - now_utc().date()).days }}",
    '1 -1 day, 0:00:00 45045 0:00:00 0',
  ],
  [
    "{{ day_delta(0) }} {{ day_delta(1) }} {{ day_delta(-1, '%Y-%m-%d') }} {{ day_delta(25, format='%Y-%m-%d') }} {{ day_delta(num_days=-365, format='%Y') }} {{ day_delta(-30, format='%Y-%m-%dT%H:%M:%SZ') }}",
    '2026-03-01T12:30:45.123000+0000 2026-03-02T12:30:45.123000+0000 2026-02-28 2026-03-26 2025 2026-01-30T12:30:45Z',
  ],
  [
    "{{ timestamp(1646006400) }} {{ timestamp('2022-02-28') }} {{ timestamp('2022-02-28T00:00:00Z') }} {{ timestamp('2022-02-28 00:00:00+00:00') }} {{ timestamp('2022-02-28T00:00:00-08:00') }} {{ timestamp(1646006400.9) }} {{ timestamp('2022-02-28T00:00:00.5Z') | int }} {{ (timestamp('2022-02-28') * 1000) | int }}",
    '1646006400 1646006400.0 1646006400.0 1646006400.0 1646035200.0 1646006400 1646006400 1646006400000',
  ],
  [
    "{{ str_to_datetime('2022-01-14') }} {{ str_to_datetime('2022-01-01 13:45:30') }} {{ str_to_datetime('2022-01-01T13:45:30+00:00') }} {{ str_to_datetime('2022-01-01T13:45:30.123456Z') }} {{ str_to_datetime('2022-01-01T13:45:30+02:00') }} {{ str_to_datetime('2022-01-01T13:45:30-0530').isoformat() }}",
    '2022-01-14 00:00:00+00:00 2022-01-01 13:45:30+00:00 2022-01-01 13:45:30+00:00 2022-01-01 13:45:30.123456+00:00 2022-01-01 11:45:30+00:00 2022-01-01T19:15:30+00:00',
  ],
  [
    "{{ str_to_datetime('2022-01-14') < now_utc() }} {{ str_to_datetime('2022-01-14').strftime('%s') }} {{ (str_to_datetime('2024-02-29') + duration('P1D')).date() }} {{ str_to_datetime('2024-02-29').year }} {{ max(str_to_datetime('2022-01-14'), now_utc()).year }} {{ [str_to_datetime('2023-01-01'), str_to_datetime('2022-01-01')] | min }}",
    'True 1642118400 2024-03-01 2024 2026 2022-01-01 00:00:00+00:00',
  ],
  [
    "{{ format_datetime('2022-01-14', '%d.%m.%Y') }} {{ format_datetime(config.start_date, '%Y-%m-%d') }} {{ format_datetime('2022-01-14T10:11:12.5Z', '%Y-%m-%dT%H:%M:%S.%fZ') }} {{ format_datetime('2022-01-14T10:11:12+02:00', '%H:%M %z') }} {{ format_datetime(now_utc(), '%s') }} {{ format_datetime(now_utc(), '%ms') }} {{ format_datetime('2022-01-14 10:00', '%H', '%Y-%m-%d %H:%M') }} {{ format_datetime('Fri, 14 Jan 2022 10:11:12 +0000', '%Y-%m-%d', '%a, %d %b %Y %H:%M:%S %z') }} {{ format_datetime('14/01/22', '%Y-%m-%d', input_format='%d/%m/%y') }}",
    '14.01.2022 2024-01-31 2022-01-14T10:11:12.500000Z 08:11 +0000 1772368245 1772368245123 10 2022-01-14 2022-01-14',
  ],
  [
    "{{ format_datetime(str_to_datetime('2022-01-14'), '%B') }} {{ format_datetime('2022-01-14T10:11:12.123Z', '%Y-%m-%dT%H:%M:%S.%_msZ') }} {{ format_datetime(dt='2022-01-14', format='%j') }} {{ format_datetime('2024-12-30', '%G-W%V-%u') }} {{ format_datetime('2021-01-03', '%G-W%V %U %W') }}",
    'January 2022-01-14T10:11:12.123Z 014 2025-W01-1 2020-W53 01 00',
  ],
  [
    "{{ max(2, 3) }} {{ max([2, 3]) }} {{ max('a', 'b') }} {{ max(1, 2.5) }} {{ max((1, 5)) }} {{ min(2, 3) }} {{ min([2, 3]) }} {{ min('abc') }} {{ max(1, true) }} {{ min([1, 2], [1, 1]) }} {{ max({'a': 1, 'b': 0}) }}",
    '3 3 b 2.5 5 2 2 a 1 [1, 1] b',
  ],
  [
    "{{ max(config.ids) }} {{ max(config.n, 10) }} {{ min(config.start_date, '2025') }} {{ max(response.data | map(attribute='id')) }}",
    '3 10 2024-01-31T00:00:00Z 2',
  ],
  [
    "{{ sanitize_url('https://a.b/c d?e=f&g') }} {{ sanitize_url('a+b') }} {{ sanitize_url('é~x_y-z.') }} {{ sanitize_url('') }}|",
    'https%3A%2F%2Fa.b%2Fc+d%3Fe%3Df%26g a%2Bb %C3%A9~x_y-z. |',
  ],
  [
    "{{ camel_case_to_snake_case('camelCase') }} {{ camel_case_to_snake_case('CamelCaseName') }} {{ camel_case_to_snake_case('HTTPServer') }} {{ camel_case_to_snake_case('already_snake') }} {{ camel_case_to_snake_case('') }}|",
    'camel_case camel_case_name h_t_t_p_server already_snake |',
  ],
  ["{{ dict(a=1, b=2) }} {{ dict({'a': 1}, b=3) }} {{ dict([['a', 1]]) }} {{ dict() }}", "{'a': 1, 'b': 2} {'a': 1, 'b': 3} {'a': 1} {}"],
  [
    "{{ now_utc() == now_utc() }} {{ now_utc() >= str_to_datetime('2026-03-01') }} {{ today_utc() == now_utc().date() }} {{ today_utc() == now_utc() }} {{ [now_utc()] }} {{ [today_utc()] }} {{ [duration('P1D')] }} {{ [duration('P1DT2S')] }}",
    'True True True False [datetime.datetime(2026, 3, 1, 12, 30, 45, 123000, tzinfo=datetime.timezone.utc)] [datetime.date(2026, 3, 1)] [datetime.timedelta(days=1)] [datetime.timedelta(days=1, seconds=2)]',
  ],
  [
    "{{ now_utc() | string if false else now_utc() ~ '' }} {{ today_utc() ~ 'T00:00:00Z' }} {{ now_utc() | replace(' ', 'T') }} {{ (now_utc() ~ '')[:10] }} {{ today_utc() | length if false else 'n' }} {{ now_utc() | upper }}",
    '2026-03-01 12:30:45.123000+00:00 2026-03-01T00:00:00Z 2026-03-01T12:30:45.123000+00:00 2026-03-01 n 2026-03-01 12:30:45.123000+00:00',
  ],
  [
    '{{ now_utc().tzinfo }} {{ now_utc().utcoffset() }} {{ now_utc().tzname() }} {{ now_utc().ctime() }}',
    'UTC 0:00:00 UTC Sun Mar  1 12:30:45 2026',
  ],
]
