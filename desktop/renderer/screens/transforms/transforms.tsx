import { Shuffle } from 'lucide-react'
import { useState } from 'react'
import type { MethodOutput } from '#core/host/contract.ts'
import { Badge } from '../../components/badge.tsx'
import { CodeView } from '../../components/code-view.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { type Column, Table } from '../../components/table.tsx'
import { useCall } from '../../data/host.tsx'
import { contains } from '../../shell/match.ts'
import { openScreen } from '../../shell/route.ts'
import { TransformDetail } from './transform-detail.tsx'
import { useDrafts } from './drafts.ts'
import { Version } from './version.tsx'
import './transforms.css'

type Transform = MethodOutput<'transform.list'>['transforms'][number]

const columns: Column<Transform>[] = [
  { id: 'name', header: 'Transform', width: 'minmax(150px, 1fr)', cell: ({ name }) => <Name name={name} /> },
  {
    id: 'description',
    header: 'What it does',
    width: 'minmax(160px, 2fr)',
    cell: ({ description }) => (
      <span className="quiet" title={description}>
        {description}
      </span>
    ),
  },
  {
    id: 'sources',
    header: 'Sources',
    width: 'minmax(130px, 1fr)',
    cell: ({ sources }) =>
      sources.length > 0 ? <span title={sources.join(', ')}>{sources.join(', ')}</span> : <span className="faint">no source names it</span>,
  },
  {
    id: 'fetch',
    header: 'May send requests to',
    width: 'minmax(130px, 0.8fr)',
    cell: ({ fetch }) =>
      fetch.length > 0 ? <code title={fetch.join(', ')}>{fetch.join(', ')}</code> : <span className="faint">nobody</span>,
  },
  { id: 'hash', header: 'Version', width: '120px', cell: ({ hash }) => <Version hash={hash} /> },
]

/** The stack's transforms, or one of them. */
export function Transforms({ name }: { name: string | undefined }) {
  return name === undefined ? <TransformList /> : <TransformDetail key={name} name={name} />
}

function TransformList() {
  const { data, error, refetch } = useCall('transform.list', {})
  const [search, setSearch] = useState('')
  const found = data?.transforms.filter(({ name, description, sources }) =>
    contains(`${name} ${description ?? ''} ${sources.join(' ')}`, search),
  )
  return (
    <Page
      title="Transforms"
      fill
      aside={data && <span className="faint">{data.transforms.length}</span>}
      actions={<SearchField label="Find a transform" value={search} onChange={setSearch} />}
    >
      {error && !data ? (
        <div className="toolbar-notice">
          <ErrorNotice title="Transforms cannot be listed" error={error} onRetry={() => void refetch()} />
        </div>
      ) : found === undefined ? (
        <SkeletonRows label="Loading transforms" />
      ) : (
        <Table
          label="Transforms"
          columns={columns}
          rows={found}
          rowKey={({ name }) => name}
          rowHeight={40}
          onOpen={({ name }) => openScreen('transforms', name)}
          empty={search ? <EmptyState icon={Shuffle} title={`No transform matches “${search}”`} /> : <NoTransforms />}
        />
      )}
    </Page>
  )
}

function Name({ name }: { name: string }) {
  const drafts = useDrafts()
  return (
    <span className="transform-name">
      <strong className="mono clip">{name}</strong>
      {drafts[name] && <Badge tone="warning">draft</Badge>}
    </span>
  )
}

const example = `// transforms/mask_email.ts
import type { Event } from './millrace'

export function transform(events: Event[]) {
  return events.map((event) => ({
    ...event,
    traits: { ...event.traits, email: undefined },
  }))
}`

function NoTransforms() {
  return (
    <EmptyState icon={Shuffle} title="No transforms yet">
      <p>
        A transform changes, splits or drops events on their way in, before they are stored or sent on. Write one as{' '}
        <code>transforms/NAME.ts</code>, name it in a source with <code>transforms: [NAME]</code>, and publish.
      </p>
      <div className="transform-example">
        <CodeView text={example} language="typescript" label="An example" />
      </div>
    </EmptyState>
  )
}
