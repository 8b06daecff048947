import { Box, Cloud, CreditCard, Database, Inbox, type LucideIcon, RefreshCw, Send, Smartphone, Tags, Webhook } from 'lucide-react'
import { Fragment, type ReactNode } from 'react'
import type { LoopNode } from '#core/host/contract.ts'
import { Dot, healthTones, healthWords, Simulated } from '../../components/badge.tsx'
import { formatAgo, formatDuration, formatNumber, formatShort } from '../../data/format.ts'
import { useNow } from '../../data/now.ts'

const icons: Record<LoopNode['kind'], LucideIcon> = {
  sdk: Smartphone,
  webhook: Webhook,
  etl: Cloud,
  collector: Inbox,
  warehouse: Database,
  model: Box,
  trait: Tags,
  sync: RefreshCw,
  destination: Send,
}

/** What the number on a card counts. */
export const units: Record<LoopNode['kind'], string> = {
  sdk: 'events',
  webhook: 'events',
  etl: 'rows',
  collector: 'events',
  warehouse: 'rows',
  model: 'rows',
  trait: 'profiles',
  sync: 'rows',
  destination: 'records',
}

export function nodeIcon(node: LoopNode): LucideIcon {
  return node.kind === 'etl' && /pay|bill|stripe/.test(node.name) ? CreditCard : icons[node.kind]
}

interface NodeCardProps {
  node: LoopNode
  selected: boolean
  dim: boolean
  onSelect: () => void
  onHover: (over: boolean) => void
}

/** A part of the loop at a glance: health, rate, lag, total. */
export function NodeCard({ node, selected, dim, onSelect, onHover }: NodeCardProps) {
  const Icon = nodeIcon(node)
  const classes = ['node-card', node.health === 'error' && 'error', selected && 'selected', dim && 'dim'].filter(Boolean).join(' ')
  return (
    <button
      type="button"
      className={classes}
      data-node={node.id}
      aria-label={describe(node)}
      aria-pressed={selected}
      onClick={onSelect}
      onMouseEnter={() => onHover(true)}
      onMouseLeave={() => onHover(false)}
      onFocus={() => onHover(true)}
      onBlur={() => onHover(false)}
    >
      <span className="node-top">
        <Icon size={14} aria-hidden />
        <strong className="node-title" title={node.title}>
          {breakable(node.title)}
        </strong>
        <Dot tone={healthTones[node.health]} label={healthWords[node.health]} live={node.health === 'ok' && (node.rate ?? 0) > 0} />
      </span>
      <Line node={node} />
      {node.simulated && <Simulated />}
    </button>
  )
}

function Line({ node }: { node: LoopNode }) {
  const now = useNow()
  if (node.health === 'error') {
    return (
      <span className="node-figures">
        <span className="node-error">Failing{node.lastAt === undefined ? '' : `, last ${formatAgo(node.lastAt, now)}`}</span>
      </span>
    )
  }
  return (
    <span className="node-figures">
      {node.total === undefined && node.lastAt === undefined && <span className="faint">nothing yet</span>}
      {node.total !== undefined && (
        <span>
          {formatShort(node.total)} {units[node.kind]}
        </span>
      )}
      {(node.rate ?? 0) > 0 ? (
        <span className="node-rate">{formatShort(node.rate ?? 0)}/min</span>
      ) : (
        node.lastAt !== undefined && <span className="faint clip">{formatAgo(node.lastAt, now)}</span>
      )}
    </span>
  )
}

/** A name may break behind its underscores. */
function breakable(name: string): ReactNode {
  return name.split(/(?<=_)/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ))
}

function describe(node: LoopNode): string {
  return [
    node.title,
    healthWords[node.health].toLowerCase(),
    node.rate ? `${formatNumber(node.rate)} a minute` : '',
    node.lag === undefined ? '' : `${formatDuration(node.lag)} behind`,
    node.total === undefined ? '' : `${formatNumber(node.total)} ${units[node.kind]}`,
    node.simulated ? 'simulated' : '',
  ]
    .filter(Boolean)
    .join(', ')
}
