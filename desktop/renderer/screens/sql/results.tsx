import { ChartColumn, ClipboardCopy, SquareTerminal, Table2, TriangleAlert } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { Button } from '../../components/button.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { Segments } from '../../components/tabs.tsx'
import { useToast } from '../../components/toast.tsx'
import { formatBytes, formatDuration, formatExact, plural } from '../../data/format.ts'
import { useNow } from '../../data/now.ts'
import { chartOf } from './chart-data.ts'
import { exportRows, type ExportFormat } from './export-rows.ts'
import { Grid } from './grid.tsx'
import type { Answer, QueryState } from './use-queries.ts'

const Chart = lazy(() => import('./chart.tsx').then((module) => ({ default: module.Chart })))

/** What came of the query. */
export function Results({ state, onRun }: { state: QueryState; onRun: () => void }) {
  switch (state.status) {
    case 'none':
      return (
        <EmptyState icon={SquareTerminal} title="No results yet" action={<Button onClick={onRun}>Run the query</Button>}>
          <p>
            Events are in <code>events</code>, tools in a database of their own, models in <code>models</code>, traits in{' '}
            <code>profiles</code>. The play button beside a table shows its first rows.
          </p>
        </EmptyState>
      )
    case 'running':
      return <Running startedAt={state.startedAt} />
    case 'failed':
      return (
        <div className="results-failed">
          <ErrorNotice
            error={state.error}
            title={state.error.code === 'cancelled' ? 'Cancelled' : 'The query failed'}
            tone={state.error.code === 'cancelled' ? 'warning' : 'error'}
          />
        </div>
      )
    case 'done':
      return <Done answer={state.answer} />
  }
}

function Running({ startedAt }: { startedAt: number }) {
  const now = useNow()
  return (
    <div className="results">
      <div className="results-bar">
        <span>Running, {formatDuration(Math.max(0, now - startedAt))}</span>
      </div>
      <SkeletonRows rows={9} label="The query is running" />
    </div>
  )
}

function Done({ answer }: { answer: Answer }) {
  const [view, setView] = useState<'table' | 'chart'>('table')
  const toast = useToast()
  const chart = chartOf(answer)
  const copy = (format: ExportFormat) => {
    void navigator.clipboard
      .writeText(exportRows(answer, format))
      .then(() => toast({ tone: 'ok', title: `${plural(answer.rows.length, 'row')} copied as ${format.toUpperCase()}` }))
  }
  return (
    <div className="results">
      <div className="results-bar">
        <strong>{plural(answer.rows.length, 'row')}</strong>
        {answer.truncated && (
          <span
            className="results-truncated"
            title="The query has more rows than the studio shows. Narrow it, or use `millrace query` for all of them."
          >
            <TriangleAlert size={13} aria-hidden /> cut off here
          </span>
        )}
        <span className="faint">{formatDuration(answer.elapsed)}</span>
        <span className="faint">
          {formatExact(answer.rowsRead)} rows and {formatBytes(answer.bytesRead)} read
        </span>
        <span className="results-tools">
          {chart && (
            <Segments
              label="Show as"
              current={view}
              onChange={setView}
              options={[
                { id: 'table', title: 'Table' },
                { id: 'chart', title: 'Chart' },
              ]}
            />
          )}
          <ClipboardCopy size={14} className="faint" aria-hidden />
          {(['csv', 'json', 'tsv'] as const).map((format) => (
            <Button key={format} small kind="ghost" aria-label={`Copy as ${format.toUpperCase()}`} onClick={() => copy(format)}>
              {format.toUpperCase()}
            </Button>
          ))}
        </span>
      </div>
      {answer.columns.length === 0 ? (
        <EmptyState icon={Table2} title="Done">
          <p>The statement returns no rows.</p>
        </EmptyState>
      ) : view === 'chart' && chart ? (
        <Suspense fallback={<EmptyState icon={ChartColumn} title="Drawing" />}>
          <Chart data={chart} />
        </Suspense>
      ) : (
        <Grid answer={answer} />
      )}
    </div>
  )
}
