import { Badge } from '../../components/badge.tsx'

/** The first digits of the hash that names a version; a broken file has none. */
export function Version({ hash }: { hash: string | undefined }) {
  return hash === undefined ? <Badge tone="error">broken</Badge> : <code title={hash}>{hash.slice(0, 10)}</code>
}
