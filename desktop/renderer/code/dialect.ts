import { SQLDialect } from '@codemirror/lang-sql'

const keywords =
  'add after alias all alter and anti any array as asc ascending asof attach backup between both by case cast check cluster codec collate column comment constraint create cross cube database databases deduplicate default delete desc descending describe detach dictionary distinct drop else end engine except exchange exists explain extract fetch fill final first following for format freeze from full function global grant group grouping having if ilike in index inner insert intersect interval into is join key kill last lateral leading left like limit live local materialize materialized modify move natural not null nulls offset on optimize or order outer outfile over partition paste populate preceding prewhere primary projection qualify quota range recursive refresh rename replace replica right rollup row rows sample select semi set settings show sets table tables temporary then ties to totals trailing truncate ttl type unbounded union update use using values view watch when where window with'

const types =
  'aggregatefunction array bool date date32 datetime datetime64 decimal decimal32 decimal64 decimal128 decimal256 dynamic enum enum8 enum16 fixedstring float32 float64 int8 int16 int32 int64 int128 int256 ipv4 ipv6 json lowcardinality map nested nothing nullable point simpleaggregatefunction string tuple uint8 uint16 uint32 uint64 uint128 uint256 uuid variant'

/** ClickHouse's SQL as far as highlighting and completion go (docs: SQL reference, "Syntax" and "Data types"). */
export const clickhouseDialect = SQLDialect.define({
  keywords,
  types,
  builtin: '',
  backslashEscapes: true,
  hashComments: true,
  slashComments: false,
  doubleQuotedStrings: false,
  identifierQuotes: '`"',
  caseInsensitiveIdentifiers: false,
  operatorChars: '*+-%<>!=&|~^/?:',
})
