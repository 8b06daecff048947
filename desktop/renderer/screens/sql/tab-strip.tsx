import { LoaderCircle, Plus, X } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { IconButton } from '../../components/button.tsx'
import { addTab, changeTab, closeTab, selectTab, type SqlTab } from './tabs-store.ts'

/** The open queries. A double click or F2 renames, the middle button or Delete closes. */
export function TabStrip({ tabs, current, running }: { tabs: SqlTab[]; current: string; running: (id: string) => boolean }) {
  const [renaming, setRenaming] = useState<string | undefined>()
  const onKeyDown = (event: KeyboardEvent, tab: SqlTab) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step !== undefined) {
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length]!
      selectTab(next.id)
      document.getElementById(`sql-tab-${next.id}`)?.focus()
    } else if (event.key === 'Delete') closeTab(tab.id)
    else if (event.key === 'F2') setRenaming(tab.id)
  }
  return (
    <div className="tab-strip">
      <div className="tab-strip-tabs" role="tablist" aria-label="Queries">
        {tabs.map((tab) => (
          <div key={tab.id} className={tab.id === current ? 'tab-strip-tab current' : 'tab-strip-tab'} role="presentation">
            {renaming === tab.id ? (
              <Rename title={tab.title} onDone={(title) => (title && changeTab(tab.id, { title }), setRenaming(undefined))} />
            ) : (
              <button
                type="button"
                role="tab"
                id={`sql-tab-${tab.id}`}
                aria-selected={tab.id === current}
                tabIndex={tab.id === current ? 0 : -1}
                title={tab.title}
                onClick={() => selectTab(tab.id)}
                onDoubleClick={() => setRenaming(tab.id)}
                onAuxClick={(event) => event.button === 1 && closeTab(tab.id)}
                onKeyDown={(event) => onKeyDown(event, tab)}
              >
                {running(tab.id) && <LoaderCircle size={12} className="spin" aria-label="running" />}
                <span className="clip">{tab.title}</span>
              </button>
            )}
            <IconButton
              icon={X}
              size={12}
              label={`Close ${tab.title}`}
              onClick={() => closeTab(tab.id)}
              tabIndex={tab.id === current ? 0 : -1}
            />
          </div>
        ))}
      </div>
      <IconButton icon={Plus} label="New query" onClick={() => addTab()} />
    </div>
  )
}

function Rename({ title, onDone }: { title: string; onDone: (title: string) => void }) {
  const [text, setText] = useState(title)
  return (
    <input
      className="tab-strip-rename"
      aria-label="Name of the query"
      value={text}
      autoFocus
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => onDone(text.trim())}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onDone(text.trim())
        if (event.key === 'Escape') onDone('')
      }}
    />
  )
}
