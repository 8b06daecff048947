/**
 * The condition for rows behind a position in the order of columns: `a > 1 OR (a = 1 AND b > 2)`, led by `a >= 1`, by
 * which an index is found. Row values, `(a, b) > (1, 2)`, are not used for ranges by MySQL (manual, "Row Constructor
 * Expression Optimization"). Columns are quoted and values literals or placeholders by the caller.
 */
export function behind(columns: readonly string[], values: readonly string[]): string {
  const [column, ...columnsLeft] = columns
  const [value, ...valuesLeft] = values
  if (columnsLeft.length === 0) return `${column} > ${value}`
  return `${column} >= ${value} AND (${column} > ${value} OR (${column} = ${value} AND ${behind(columnsLeft, valuesLeft)}))`
}
