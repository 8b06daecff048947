/**
 * An address without what names the household: the last octet of IPv4, and all past the first 48 bits of IPv6, become
 * zero. That is Google Analytics' practice (support.google.com/analytics/answer/2763052), of the truncations that
 * RFC 6235, 4.1.1.1 describes. Undefined for what is no address, since there is no telling what it says.
 */
export function truncateIp(ip: string): string | undefined {
  if (!ip.includes(':')) return isIpv4(ip) ? `${ip.slice(0, ip.lastIndexOf('.'))}.0` : undefined
  const groups = ipv6Groups(ip)
  if (groups === undefined) return undefined
  // ::ffff:192.0.2.1, an IPv4 address written as IPv6 (RFC 4291, 2.5.5.2).
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${groups[6]! >> 8}.${groups[6]! & 255}.${groups[7]! >> 8}.0`
  }
  const kept = groups.slice(0, 3)
  while (kept.at(-1) === 0) kept.pop()
  return `${kept.map((group) => group.toString(16)).join(':')}::`
}

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`)

function isIpv4(text: string): boolean {
  return text.length <= 15 && ipv4.test(text)
}

/** The eight groups of an IPv6 address (RFC 4291, 2.2); undefined when it is none. */
function ipv6Groups(text: string): number[] | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half, index) => groupsOf(half, index === halves.length - 1)) as [
    number[] | undefined,
    number[] | undefined,
  ]
  if (head === undefined) return undefined
  if (halves.length === 1) return head.length === 8 ? head : undefined
  if (tail === undefined || head.length + tail.length > 7) return undefined
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail]
}

/** @param last whether an IPv4 address may end it */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && isIpv4(part)) {
      const [a, b, c, d] = part.split('.').map(Number) as [number, number, number, number]
      groups.push(a * 256 + b, c * 256 + d)
    } else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}
