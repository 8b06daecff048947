import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { type Change, changesBetween, type Outcome } from '#core/event/transform-outcome.ts'
import { Badge } from '../../components/badge.tsx'
import { JsonTree } from '../../components/json-tree.tsx'
import { RowDiff } from '../../components/row-diff.tsx'
import { outcomeTones, outcomeWords, type Trial } from './outcome.ts'
import type { Place } from './place.ts'
import { Story } from './story.tsx'

type Result = Trial['results'][number]

interface TriedEventProps {
  result: Result
  outcome: Outcome
  file: string
  onPlace: (place: Place) => void
  openAtFirst: boolean
}

/** One event: what became of it in a line, and before and after when it is opened. */
export function TriedEvent({ result, outcome, file, onPlace, openAtFirst }: TriedEventProps) {
  const [open, setOpen] = useState(openAtFirst)
  return (
    <li>
      <button type="button" className="tried-event" aria-expanded={open} onClick={() => setOpen(!open)}>
        <ChevronRight size={12} className={open ? 'caret open' : 'caret'} aria-hidden />
        <Badge tone={outcomeTones[outcome]}>{outcomeWords[outcome]}</Badge>
        <span className="tried-title clip">{titleOf(result.before)}</span>
        <span className="mono faint clip">{summaryOf(result, outcome)}</span>
        <span className="faint clip tried-source">{result.source}</span>
      </button>
      {open && (
        <div className="tried-detail">
          <Became result={result} outcome={outcome} file={file} onPlace={onPlace} />
          <Whole result={result} />
        </div>
      )}
    </li>
  )
}

function Became({ result, outcome, file, onPlace }: Omit<TriedEventProps, 'openAtFirst'>) {
  if (result.rejected !== undefined) {
    return (
      <div className="tried-failure">
        <code>{result.rejected.reason}</code>
        <Story text={result.rejected.message} file={file} onPlace={onPlace} />
      </div>
    )
  }
  if (outcome === 'unchanged') return <p className="quiet">It goes on as it came.</p>
  if (outcome === 'dropped') return <p className="quiet">It is not in the result: it would be counted, and not stored.</p>
  return result.after.map((after, index) => (
    <div key={index} className="tried-after">
      {outcome === 'split' && (
        <h4>
          {index + 1} of {result.after.length} <span className="faint">{titleOf(after)}</span>
        </h4>
      )}
      <Changes changes={changesBetween(result.before, after)} />
    </div>
  ))
}

function Changes({ changes }: { changes: Change[] }) {
  if (changes.length === 0) return <p className="quiet">The same as it came.</p>
  return (
    <RowDiff
      before={Object.fromEntries(changes.map(({ path, before }) => [path, before]))}
      after={Object.fromEntries(changes.map(({ path, after }) => [path, after]))}
    />
  )
}

function Whole({ result }: { result: Result }) {
  const [open, setOpen] = useState(false)
  return (
    <div>
      <button type="button" className="tried-whole" aria-expanded={open} onClick={() => setOpen(!open)}>
        <ChevronRight size={12} className={open ? 'caret open' : 'caret'} aria-hidden />
        Whole event
      </button>
      {open && (
        <div className="tried-sides">
          <section aria-label="Before">
            <h4>Before</h4>
            <JsonTree value={result.before} openTo={2} />
          </section>
          <section aria-label="After">
            <h4>After</h4>
            {result.after.length === 0 ? (
              <p className="quiet">Nothing.</p>
            ) : (
              <JsonTree value={result.after.length === 1 ? result.after[0] : result.after} openTo={2} />
            )}
          </section>
        </div>
      )}
    </div>
  )
}

function titleOf({ type, event, name, messageId }: Record<string, unknown>): string {
  return String(event ?? name ?? type ?? messageId ?? 'not an event')
}

function summaryOf({ before, after, rejected }: Result, outcome: Outcome): string {
  if (rejected !== undefined) return rejected.message.split('\n', 1)[0]!
  if (outcome === 'split') return `into ${after.length} events`
  if (outcome !== 'changed') return String(before['messageId'] ?? '')
  return changesBetween(before, after[0])
    .map((change) => `${change.path}: ${short(change.before)} → ${short(change.after)}`)
    .join('  ')
}

function short(value: unknown): string {
  const text = value === undefined ? '–' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
