import { useState } from 'react'
import { Page } from '../../components/page.tsx'
import { Tabs } from '../../components/tabs.tsx'
import { useCall } from '../../data/host.tsx'
import { LiveTab } from './live-tab.tsx'
import { RejectedTab } from './rejected-tab.tsx'
import { TailTab } from './tail-tab.tsx'
import './events.css'

/** Events as the warehouse gets them, as they reach the collector, and those that it refused. */
export function Events() {
  const [tab, setTab] = useState<'live' | 'tail' | 'rejected'>('live')
  const rejected = useCall('event.rejected', { limit: 500 }, { refetchInterval: 5000 })
  return (
    <Page title="Live events" fill>
      <div className="events-tabs">
        <Tabs
          label="Events"
          current={tab}
          onChange={setTab}
          tabs={[
            { id: 'live', title: 'Accepted' },
            { id: 'tail', title: 'At the collector' },
            { id: 'rejected', title: 'Rejected', count: rejected.data?.total, alarming: true },
          ]}
        />
      </div>
      {tab === 'live' ? <LiveTab /> : tab === 'tail' ? <TailTab /> : <RejectedTab query={rejected} />}
    </Page>
  )
}
