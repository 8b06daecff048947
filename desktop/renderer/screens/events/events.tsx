import { useState } from 'react'
import { Page } from '../../components/page.tsx'
import { Tabs } from '../../components/tabs.tsx'
import { useCall } from '../../data/host.tsx'
import { LiveTab } from './live-tab.tsx'
import { RejectedTab } from './rejected-tab.tsx'
import './events.css'

/** Events as the warehouse gets them, and those the collector refused. */
export function Events() {
  const [tab, setTab] = useState<'live' | 'rejected'>('live')
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
            { id: 'rejected', title: 'Rejected', count: rejected.data?.total, alarming: true },
          ]}
        />
      </div>
      {tab === 'live' ? <LiveTab /> : <RejectedTab query={rejected} />}
    </Page>
  )
}
