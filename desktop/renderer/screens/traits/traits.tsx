import { Hammer, Tags } from 'lucide-react'
import { useState } from 'react'
import type { MethodOutput } from '#core/host/contract.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { type Column, Table } from '../../components/table.tsx'
import { formatAgo, formatExact } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { useNow } from '../../data/now.ts'
import { useStartRun } from '../../data/run-job.ts'
import { contains } from '../../shell/match.ts'
import { openScreen } from '../../shell/route.ts'
import { TraitDetail } from './trait-detail.tsx'

export type Trait = MethodOutput<'trait.list'>['traits'][number]

const columns: Column<Trait>[] = [
  { id: 'name', header: 'Trait', width: 'minmax(160px, 1fr)', cell: (trait) => <strong className="mono">{trait.name}</strong> },
  {
    id: 'description',
    header: 'What it says',
    width: 'minmax(180px, 2.4fr)',
    cell: (trait) => <span className="quiet">{trait.description}</span>,
  },
  {
    id: 'type',
    header: 'Type',
    width: '124px',
    cell: (trait) => (
      <Badge tone={trait.form === 'sql' ? 'accent' : 'neutral'}>{trait.form === 'sql' ? 'SQL' : trait.type.replaceAll('_', ' ')}</Badge>
    ),
  },
  { id: 'entity', header: 'Of', width: '76px', cell: (trait) => trait.entity },
  {
    id: 'entities',
    header: 'Have a value',
    width: '104px',
    align: 'end',
    cell: (trait) => (trait.entities === undefined ? <span className="faint">–</span> : formatExact(trait.entities)),
  },
  { id: 'computed', header: 'Computed', width: '110px', align: 'end', cell: (trait) => <ComputedAt at={trait.computedAt} /> },
]

/** The stack's traits, or one of them. */
export function Traits({ name }: { name: string | undefined }) {
  return name === undefined ? <TraitList /> : <TraitDetail key={name} name={name} />
}

function TraitList() {
  const { data, error, refetch } = useCall('trait.list', {})
  const [search, setSearch] = useState('')
  const start = useStartRun()
  const traits = data?.traits.filter((trait) => contains(`${trait.name} ${trait.description ?? ''} ${trait.type}`, search))
  return (
    <Page
      title="Traits"
      fill
      aside={data && <span className="faint">{data.traits.length}</span>}
      actions={
        <>
          <SearchField label="Find a trait" value={search} onChange={setSearch} />
          <Button
            kind="primary"
            icon={Hammer}
            busy={start.isPending}
            disabled={!data?.traits.length}
            onClick={() => start.mutate({ kind: 'traits' })}
          >
            Build all
          </Button>
        </>
      }
    >
      {error && !data ? (
        <div className="toolbar-notice">
          <ErrorNotice title="Traits cannot be listed" error={error} onRetry={() => void refetch()} />
        </div>
      ) : traits === undefined ? (
        <SkeletonRows label="Loading traits" />
      ) : (
        <Table
          label="Traits"
          columns={columns}
          rows={traits}
          rowKey={(trait) => trait.name}
          rowHeight={40}
          onOpen={(trait) => openScreen('traits', trait.name)}
          empty={search ? <EmptyState icon={Tags} title={`No trait matches “${search}”`} /> : <NoTraits />}
        />
      )}
    </Page>
  )
}

function NoTraits() {
  return (
    <EmptyState icon={Tags} title="No traits yet">
      <p>
        A trait is one fact about each of your users, computed in the warehouse: how often they bought, what for, when last. Write one as{' '}
        <code>traits/NAME.yaml</code> (typed: count, sum, last, …) or <code>traits/NAME.sql</code> (any SELECT of <code>id</code> and{' '}
        <code>value</code>).
      </p>
    </EmptyState>
  )
}

/** When it was last computed. */
export function ComputedAt({ at }: { at: number | undefined }) {
  const now = useNow()
  return at === undefined ? <span className="faint">not yet</span> : <span>{formatAgo(at, now)}</span>
}
