import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState } from 'react'
import type { LogLine } from '#core/host/contract.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { formatClock } from '../../data/format.ts'
import { plain } from '../sql/export-rows.ts'

/** The log of a run. While it is written, the end stays in sight unless the reader has scrolled away from it. */
export function LogView({ logs, live }: { logs: LogLine[]; live: boolean }) {
  const scroller = useRef<HTMLDivElement>(null)
  const [following, setFollowing] = useState(true)
  const virtual = useVirtualizer({ count: logs.length, getScrollElement: () => scroller.current, estimateSize: () => 24, overscan: 20 })
  useEffect(() => {
    if (live && following) scroller.current?.scrollTo({ top: scroller.current.scrollHeight })
  }, [logs.length, live, following])
  if (logs.length === 0) return <p className="detail-none">{live ? 'Nothing has been logged yet.' : 'It logged nothing.'}</p>
  return (
    <div className="log">
      <CopyButton text={logs.map(textOf).join('\n')} label="Copy the log" />
      <div
        className="log-lines"
        role="log"
        aria-label="Log of the run"
        tabIndex={0}
        ref={scroller}
        onScroll={(event) => {
          const { scrollTop, clientHeight, scrollHeight } = event.currentTarget
          setFollowing(scrollHeight - scrollTop - clientHeight < 30)
        }}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const line = logs[item.index]!
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className={`log-line ${line.level}`}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <span className="log-time">{formatClock(line.at, true)}</span>
                <span className="log-level">{line.level}</span>
                <span className="log-message">
                  {line.message}
                  {Object.entries(line.facts ?? {}).map(([name, value]) => (
                    <span key={name} className="log-fact">
                      {name}=<b>{plain(value)}</b>
                    </span>
                  ))}
                </span>
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

function textOf(line: LogLine): string {
  const facts = Object.entries(line.facts ?? {}).map(([name, value]) => `${name}=${plain(value)}`)
  return [new Date(line.at).toISOString(), line.level, line.message, ...facts].join(' ')
}
