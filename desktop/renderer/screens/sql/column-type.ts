/** A ClickHouse type without Nullable and LowCardinality around it. */
export function innerType(type: string): string {
  const inner = /^(?:Nullable|LowCardinality)\((.+)\)$/.exec(type)?.[1]
  return inner === undefined ? type : innerType(inner)
}

export function isNumeric(type: string): boolean {
  return /^(U?Int\d+|Float\d+|BFloat16|Decimal)/.test(innerType(type))
}

export function isTemporal(type: string): boolean {
  return /^(Date|DateTime|Time)/.test(innerType(type))
}
