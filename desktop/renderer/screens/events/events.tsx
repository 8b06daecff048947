import { useState } from 'react'
import { Page } from '../../components/page.tsx'
import { Tabs } from '../../components/tabs.tsx'
import { useCall } from '../../data/host.tsx'
import { LiveTab } from './live-tab.tsx'
import { RejectedTab } from './rejected-tab.tsx'
import { TailTab } from './tail-tab.tsx'
import { ViolationsTab } from './violations-tab.tsx'
import './events.css'

/** Events as the warehouse gets them, as they reach the collector, those that it refused, and those that break a tracking plan. */
export function Events() {
  const [tab, setTab] = useState<'live' | 'tail' | 'rejected' | 'violations'>('live')
  const rejected = useCall('event.rejected', { limit: 500 }, { refetchInterval: 5000 })
  const violations = useCall('plan.violations', { days: 7 }, { refetchInterval: 15_000 })
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
            { id: 'violations', title: 'Plan violations', count: violations.data?.total },
          ]}
        />
      </div>
      {tab === 'live' && <LiveTab />}
      {tab === 'tail' && <TailTab />}
      {tab === 'rejected' && <RejectedTab query={rejected} />}
      {tab === 'violations' && <ViolationsTab query={violations} />}
    </Page>
  )
}
