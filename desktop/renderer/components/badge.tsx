import type { ReactNode } from 'react'
import type { LoopNode, RunStatus } from '#core/host/contract.ts'
import './badge.css'

export type Tone = 'ok' | 'warning' | 'error' | 'info' | 'neutral' | 'accent'

/** A short label on a soft ground. */
export function Badge({ tone = 'neutral', children, title }: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span className={`badge ${tone}`} title={title}>
      {children}
    </span>
  )
}

/** A dot that says how something fares; its meaning always stands beside it or in `label`. */
export function Dot({ tone, label, live = false }: { tone: Tone; label?: string; live?: boolean }) {
  return <span className={`dot ${tone}${live ? ' live' : ''}`} role={label ? 'img' : undefined} aria-label={label} title={label} />
}

const runTones: Record<RunStatus, Tone> = {
  queued: 'neutral',
  running: 'info',
  succeeded: 'ok',
  partial: 'warning',
  failed: 'error',
  cancelled: 'neutral',
}

export const runWords: Record<RunStatus, string> = {
  queued: 'Queued',
  running: 'Running',
  succeeded: 'Succeeded',
  partial: 'Partly done',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

/** How a run or a step of one fares. */
export function RunBadge({ status }: { status: RunStatus }) {
  return (
    <Badge tone={runTones[status]}>
      <Dot tone={runTones[status]} live={status === 'running'} />
      {runWords[status]}
    </Badge>
  )
}

export const healthTones: Record<LoopNode['health'], Tone> = {
  ok: 'ok',
  idle: 'neutral',
  warning: 'warning',
  error: 'error',
  unknown: 'neutral',
}

export const healthWords: Record<LoopNode['health'], string> = {
  ok: 'Healthy',
  idle: 'Idle',
  warning: 'Needs a look',
  error: 'Failing',
  unknown: 'Not known yet',
}

/** Marks a tool that the demo plays. */
export function Simulated() {
  return (
    <span className="badge simulated" title="The demo plays this tool: no real account is behind it.">
      simulated
    </span>
  )
}
