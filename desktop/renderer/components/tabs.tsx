import { type KeyboardEvent, useRef } from 'react'
import './tabs.css'

export interface Tab<Id extends string> {
  id: Id
  title: string
  count?: number | undefined
  /** Draws the count in the colour of trouble. */
  alarming?: boolean
}

/** Tabs of one panel; arrow keys move between them (WAI-ARIA APG, "Tabs"). */
export function Tabs<Id extends string>({
  label,
  tabs,
  current,
  onChange,
}: {
  label: string
  tabs: Tab<Id>[]
  current: Id
  onChange: (id: Id) => void
}) {
  const list = useRef<HTMLDivElement>(null)
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const at = (tabs.findIndex((tab) => tab.id === current) + step + tabs.length) % tabs.length
    onChange(tabs[at]!.id)
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[at]?.focus()
  }
  return (
    <div className="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          aria-selected={tab.id === current}
          tabIndex={tab.id === current ? 0 : -1}
          onClick={() => onChange(tab.id)}
        >
          {tab.title}
          {tab.count !== undefined && (
            <span className={tab.alarming && tab.count > 0 ? 'tab-count alarming' : 'tab-count'}>{tab.count}</span>
          )}
        </button>
      ))}
    </div>
  )
}

/** One of a few choices, all in sight. */
export function Segments<Id extends string>({
  label,
  options,
  current,
  onChange,
}: {
  label: string
  options: { id: Id; title: string }[]
  current: Id
  onChange: (id: Id) => void
}) {
  return (
    <div className="segments" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.id} type="button" aria-pressed={option.id === current} onClick={() => onChange(option.id)}>
          {option.title}
        </button>
      ))}
    </div>
  )
}
