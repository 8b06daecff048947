import type { UseQueryResult } from '@tanstack/react-query'
import { Hammer, SquareTerminal, Tags } from 'lucide-react'
import { useState } from 'react'
import type { MethodOutput } from '#core/host/contract.ts'
import type { MillraceError } from '#core/lib/error.ts'
import { languageOf } from '../../code/language.ts'
import { Badge } from '../../components/badge.tsx'
import { Bars } from '../../components/bars.tsx'
import { Button } from '../../components/button.tsx'
import { CodeView } from '../../components/code-view.tsx'
import { KeyFigure } from '../../components/key-figure.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { Page, Panel } from '../../components/page.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { Tabs } from '../../components/tabs.tsx'
import { formatAgo, formatExact, formatMoment, plural } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { useNow } from '../../data/now.ts'
import { isLive, useRunsOf, useStartRun } from '../../data/run-job.ts'
import { href, openScreen } from '../../shell/route.ts'
import { addTab } from '../sql/tabs-store.ts'
import './traits.css'

/** One trait: what it is, the SQL it becomes, what came out. */
export function TraitDetail({ name }: { name: string }) {
  const list = useCall('trait.list', {})
  const preview = useCall('trait.preview', { name, limit: 100 })
  const start = useStartRun()
  const trait = list.data?.traits.find((each) => each.name === name)
  const building = useRunsOf((job) => job.kind === 'all' || (job.kind === 'traits' && (job.name ?? name) === name)).some(isLive)
  if (list.data && !trait) {
    return (
      <Page title={name} parent={{ title: 'Traits', href: href('traits') }}>
        <EmptyState icon={Tags} title="There is no such trait" action={<Button onClick={() => openScreen('traits')}>All traits</Button>}>
          <p>
            No file <code>traits/{name}.yaml</code> or <code>traits/{name}.sql</code> is in the stack.
          </p>
        </EmptyState>
      </Page>
    )
  }
  return (
    <Page
      title={name}
      parent={{ title: 'Traits', href: href('traits') }}
      aside={
        trait && (
          <Badge tone={trait.form === 'sql' ? 'accent' : 'neutral'}>{trait.form === 'sql' ? 'SQL' : trait.type.replaceAll('_', ' ')}</Badge>
        )
      }
      actions={
        <Button kind="primary" icon={Hammer} busy={start.isPending || building} onClick={() => start.mutate({ kind: 'traits', name })}>
          {building ? 'Building' : 'Build'}
        </Button>
      }
    >
      <div className="detail">
        {list.error && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
        {trait?.description && <p className="detail-lead">{trait.description}</p>}
        <TraitFigures trait={trait} preview={preview.data} failed={preview.error !== null} />
        {preview.error && (
          <ErrorNotice title="The trait cannot be previewed" error={preview.error} onRetry={() => void preview.refetch()} />
        )}
        <div className="detail-columns">
          <div className="detail-stack">
            <Panel title="Distribution" aside={preview.data && <span className="faint">of what it is now</span>}>
              <Distribution query={preview} name={name} />
            </Panel>
            {trait && <Code path={trait.path} sql={preview.data?.sql} name={name} />}
          </div>
          <Panel
            title="Preview"
            aside={preview.data && <span className="faint">first {plural(preview.data.rows.length, 'row')}</span>}
            flush
          >
            {preview.data ? (
              <PreviewRows preview={preview.data} entity={trait?.entity ?? 'id'} />
            ) : preview.error ? (
              <p className="detail-none">Nothing to show.</p>
            ) : (
              <SkeletonRows rows={6} />
            )}
          </Panel>
        </div>
      </div>
    </Page>
  )
}

function Distribution({ query, name }: { query: UseQueryResult<MethodOutput<'trait.preview'>, MillraceError>; name: string }) {
  if (query.data === undefined) return query.error ? <p className="quiet">Nothing to show.</p> : <SkeletonRows rows={4} />
  if (query.data.distribution.length === 0) return <p className="quiet">No values.</p>
  return <Bars label={`Values of ${name}`} items={query.data.distribution} />
}

function TraitFigures({
  trait,
  preview,
  failed,
}: {
  failed: boolean
  trait: MethodOutput<'trait.list'>['traits'][number] | undefined
  preview: MethodOutput<'trait.preview'> | undefined
}) {
  const now = useNow()
  return (
    <div className="key-figures" role="group" aria-label="Key figures">
      <KeyFigure
        name="Computed"
        value={trait && (trait.computedAt === undefined ? 'Not yet' : formatAgo(trait.computedAt, now))}
        note={trait?.computedAt === undefined ? 'Build it to write it to profiles.traits' : formatMoment(trait.computedAt)}
      />
      <KeyFigure
        name="Have a value"
        value={trait && (trait.entities === undefined ? '–' : formatExact(trait.entities))}
        note={trait && `each ${trait.entity} once, in profiles.traits`}
      />
      <KeyFigure
        name="Would have a value now"
        value={preview ? formatExact(preview.entities) : failed ? '–' : undefined}
        note={failed ? 'cannot be computed' : 'computed when this page opened'}
      />
      <KeyFigure
        name="File"
        value={trait && <span className="detail-path mono">{trait.path}</span>}
        note={trait && `a trait of ${trait.entity}`}
      />
    </div>
  )
}

function PreviewRows({ preview, entity }: { preview: MethodOutput<'trait.preview'>; entity: string }) {
  if (preview.rows.length === 0) return <p className="detail-none">No {entity} has a value. Look at the source and the condition below.</p>
  return (
    <div className="preview-rows">
      <table>
        <thead>
          <tr>
            <th scope="col">{entity}</th>
            <th scope="col">value</th>
          </tr>
        </thead>
        <tbody>
          {preview.rows.map((row, index) => (
            <tr key={index}>
              <td className="mono">{row.id}</td>
              <td className={`mono ${typeof row.value === 'boolean' ? (row.value ? 'value-true' : 'faint') : ''}`}>
                {typeof row.value === 'object'
                  ? JSON.stringify(row.value)
                  : typeof row.value === 'number'
                    ? formatExact(row.value)
                    : String(row.value)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Code({ path, sql, name }: { path: string; sql: string | undefined; name: string }) {
  const [tab, setTab] = useState<'file' | 'sql'>('file')
  const file = useCall('stack.file', { path })
  return (
    <section className="panel" aria-label="Definition">
      <header className="panel-header code-header">
        <Tabs
          label="Definition"
          current={tab}
          onChange={setTab}
          tabs={[
            { id: 'file', title: path },
            { id: 'sql', title: 'Compiled SQL' },
          ]}
        />
        {tab === 'sql' && sql !== undefined && (
          <Button
            small
            icon={SquareTerminal}
            onClick={() => {
              addTab({ title: name, text: sql })
              openScreen('sql')
            }}
          >
            Open in SQL
          </Button>
        )}
      </header>
      {tab === 'file' ? (
        file.data ? (
          <CodeView text={file.data.text} language={languageOf(path)} label={`File ${path}`} />
        ) : file.error ? (
          <div className="panel-body">
            <ErrorNotice error={file.error} onRetry={() => void file.refetch()} />
          </div>
        ) : (
          <SkeletonRows rows={5} />
        )
      ) : sql === undefined ? (
        <p className="detail-none">The SQL is not there: the trait could not be compiled.</p>
      ) : (
        <CodeView text={sql} language="sql" label="Compiled SQL" />
      )}
    </section>
  )
}
