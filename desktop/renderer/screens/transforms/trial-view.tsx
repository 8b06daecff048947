import { CircleAlert, FlaskConical, Radio } from 'lucide-react'
import { useState } from 'react'
import { countOutcomes, type Outcome, outcomeOf, outcomes } from '#core/event/transform-outcome.ts'
import type { MillraceError } from '#core/lib/error.ts'
import { EmptyState } from '../../components/notice.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { Tabs } from '../../components/tabs.tsx'
import { formatDuration, formatExact, plural } from '../../data/format.ts'
import { outcomeWords, type Trial } from './outcome.ts'
import type { Place } from './place.ts'
import { Story } from './story.tsx'
import { TriedEvent } from './tried-event.tsx'

interface TrialViewProps {
  file: string
  /** What the last test said, and the text that it was of. */
  tested: { trial: Trial; text: string } | undefined
  error: MillraceError | null
  busy: boolean
  /** The text in the editor now. */
  text: string
  /** How long a batch may take, as saved. */
  timeout: number | undefined
  onPlace: (place: Place) => void
}

/** What the transform made of past events, event by event. */
export function TrialView({ file, tested, error, busy, text, timeout, onPlace }: TrialViewProps) {
  if (busy) return <SkeletonRows rows={10} label="Trying it on past events" />
  if (error) return <Failure error={error} file={file} onPlace={onPlace} />
  if (tested === undefined) {
    return (
      <EmptyState icon={FlaskConical} title="Not tested yet">
        <p>
          A test runs the text in the editor on events of the warehouse, in a sandbox like the collector’s. Nothing is stored, sent or
          published.
        </p>
      </EmptyState>
    )
  }
  if (tested.trial.results.length === 0) {
    return (
      <EmptyState icon={Radio} title="There are no events to try it on">
        <p>None has arrived from this source yet. It does compile.</p>
      </EmptyState>
    )
  }
  return <Tried trial={tested.trial} file={file} stale={tested.text !== text} timeout={timeout} onPlace={onPlace} />
}

function Tried({
  trial,
  file,
  stale,
  timeout,
  onPlace,
}: {
  trial: Trial
  stale: boolean
} & Pick<TrialViewProps, 'file' | 'timeout' | 'onPlace'>) {
  const [tab, setTab] = useState<'events' | 'log'>('events')
  const [only, setOnly] = useState<Outcome | undefined>()
  const counts = countOutcomes(trial.results)
  const judged = trial.results.map((result, index) => ({ result, index, outcome: outcomeOf(result) }))
  const shown = judged.filter(({ outcome }) => only === undefined || outcome === only)
  const first = (only === undefined ? judged.find(({ outcome }) => outcome !== 'unchanged') : shown[0])?.index
  return (
    <>
      <div className="trial-counts" role="group" aria-label="Events by what became of them">
        {outcomes.map((outcome) => (
          <button
            key={outcome}
            type="button"
            className={counts[outcome] > 0 ? outcome : 'none'}
            aria-pressed={only === outcome}
            disabled={counts[outcome] === 0}
            title={only === outcome ? 'Show all' : `Show only these`}
            onClick={() => setOnly(only === outcome ? undefined : outcome)}
          >
            <strong>{formatExact(counts[outcome])}</strong>
            <span>{outcomeWords[outcome]}</span>
          </button>
        ))}
      </div>
      <div className="trial-bar">
        <Tabs
          label="Result"
          current={tab}
          onChange={setTab}
          tabs={[
            { id: 'events', title: 'Events', count: shown.length },
            { id: 'log', title: 'Log', count: trial.logs.length },
          ]}
        />
        <span className="trial-facts">
          <span title={timeout === undefined ? undefined : `A batch may take ${formatDuration(timeout)}`}>
            {plural(trial.results.length, 'event')} in {formatDuration(trial.elapsed)}
          </span>
          <code title={`Version ${trial.hash}`}>{trial.hash.slice(0, 10)}</code>
        </span>
      </div>
      {stale && (
        <p className="trial-stale" role="status">
          <CircleAlert size={14} aria-hidden />
          The text has changed since this test.
        </p>
      )}
      {tab === 'events' ? (
        <ul className="trial-events">
          {shown.map(({ result, index, outcome }) => (
            <TriedEvent
              key={`${trial.hash} ${only} ${index}`}
              result={result}
              outcome={outcome}
              file={file}
              onPlace={onPlace}
              openAtFirst={index === first}
            />
          ))}
        </ul>
      ) : (
        <Log lines={trial.logs} />
      )}
    </>
  )
}

function Log({ lines }: { lines: Trial['logs'] }) {
  if (lines.length === 0) {
    return (
      <p className="detail-none">
        It logged nothing. What it gives to <code>console.log</code> in a test shows here.
      </p>
    )
  }
  return (
    <ol className="trial-log">
      {lines.map(([level, text], index) => (
        <li key={index} className={level}>
          <span>{level}</span>
          <span>{text}</span>
        </li>
      ))}
    </ol>
  )
}

/** The test could not be run: the file does not compile, or what it needs is not there. */
function Failure({ error, file, onPlace }: { error: MillraceError; file: string; onPlace: (place: Place) => void }) {
  return (
    <div className="toolbar-notice">
      <div className="notice error" role="alert">
        <CircleAlert size={16} aria-hidden className="notice-icon" />
        <div className="notice-body">
          <strong>{error.code === 'broken-stack' ? 'It does not compile' : 'It could not be tested'}</strong>
          <Story text={error.message} file={file} onPlace={onPlace} />
          {error.mend && <p className="notice-mend">{error.mend}</p>}
          <p className="notice-facts">
            <code>{error.code}</code>
          </p>
        </div>
      </div>
    </div>
  )
}
