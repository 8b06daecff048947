import { Send } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { StackFile } from '../../components/stack-file.tsx'
import { Tabs } from '../../components/tabs.tsx'
import { useCall } from '../../data/host.tsx'
import { href, openScreen } from '../../shell/route.ts'
import { DeadLetters } from './dead-letters.tsx'
import { DeliveryFigures, DeliveryTrouble } from './delivery.tsx'
import type { Destination } from './destination.ts'
import { State } from './state.tsx'

/** One destination: how events reach it, and those that did not. */
export function DestinationDetail({ name }: { name: string }) {
  const { data, error, refetch } = useCall('destination.list', {}, { refetchInterval: 5000 })
  const destination = data?.destinations.find((each) => each.name === name)
  return (
    <Page
      title={name}
      parent={{ title: 'Destinations', href: href('destinations') }}
      aside={destination && <State destination={destination} />}
    >
      {destination ? (
        <div className="detail">
          {destination.description && <p className="detail-lead">{destination.description}</p>}
          {data?.edgeError && (
            <ErrorNotice
              tone="warning"
              title="How events are delivered is not known"
              error={data.edgeError}
              onRetry={() => void refetch()}
            />
          )}
          <Parts destination={destination} />
        </div>
      ) : data ? (
        <EmptyState
          icon={Send}
          title="There is no such destination"
          action={<Button onClick={() => openScreen('destinations')}>All destinations</Button>}
        >
          <p>
            No file <code>destinations/{name}.yaml</code> is in the stack.
          </p>
        </EmptyState>
      ) : error ? (
        <ErrorNotice title="The destination cannot be shown" error={error} onRetry={() => void refetch()} />
      ) : (
        <SkeletonRows rows={8} label="Loading the destination" />
      )}
    </Page>
  )
}

function Parts({ destination }: { destination: Destination }) {
  const { name, path, syncs, streams, delivery } = destination
  const [tab, setTab] = useState<'dead' | 'syncs' | 'file'>(streams || delivery ? 'dead' : 'syncs')
  return (
    <>
      {delivery && <DeliveryFigures delivery={delivery} />}
      {delivery && <DeliveryTrouble delivery={delivery} />}
      <section className="panel" aria-label="Destination">
        <header className="panel-header code-header">
          <Tabs
            label="Destination"
            current={tab}
            onChange={setTab}
            tabs={[
              { id: 'dead', title: 'Dead letters', count: delivery?.dead, alarming: true },
              { id: 'syncs', title: 'Syncs', count: syncs.length },
              ...(path === undefined ? [] : [{ id: 'file' as const, title: path }]),
            ]}
          />
        </header>
        {tab === 'dead' && (delivery ? <DeadLetters name={name} delivery={delivery} /> : <NotStreamed streams={streams} />)}
        {tab === 'syncs' && <Syncs names={syncs} />}
        {tab === 'file' && path !== undefined && <StackFile path={path} />}
      </section>
    </>
  )
}

function NotStreamed({ streams }: { streams: boolean }) {
  return streams ? (
    <p className="detail-none">The collector does not know of it yet: publish, and events are streamed to it from then on.</p>
  ) : (
    <p className="detail-none">
      No events are streamed to it. An <code>events:</code> part in its file, and a publication, begin that.
    </p>
  )
}

function Syncs({ names }: { names: string[] }) {
  if (names.length === 0) return <p className="detail-none">No sync sends to it.</p>
  return (
    <ul className="destination-syncs">
      {names.map((name) => (
        <li key={name}>
          <a href={href('syncs', name)} className="mono">
            {name}
          </a>
        </li>
      ))}
    </ul>
  )
}
