import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { Loop } from '#core/host/contract.ts'
import { columns, type Group, layout, moreId, related, visibleEdges } from './loop-layout.ts'
import { NodeCard } from './node-card.tsx'
import { openScreen } from '../../shell/route.ts'
import './loop-picture.css'

interface Line {
  key: string
  path: string
  live: boolean
  /** It goes around cards of its own column. */
  around: boolean
  from: string
  to: string
}

/** Sources to tools in columns of cards, with the lines between them. A card opens its details. */
export function LoopPicture({ loop, selected, onSelect }: { loop: Loop; selected: string | undefined; onSelect: (id: string) => void }) {
  const stage = useRef<HTMLDivElement>(null)
  const [lines, setLines] = useState<Line[]>([])
  const [hovered, setHovered] = useState<string | undefined>()
  const groups = useMemo(() => layout(loop), [loop])
  const edges = useMemo(() => visibleEdges(loop, groups), [loop, groups])
  const focus = selected ?? hovered
  const near = useMemo(() => (focus === undefined ? undefined : related(loop, focus)), [loop, focus])

  useLayoutEffect(() => {
    const element = stage.current
    if (element === null) return
    const measure = () => setLines(draw(element, edges))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [edges])

  useEffect(() => {
    if (selected)
      stage.current?.querySelector(`[data-node="${CSS.escape(selected)}"]`)?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [selected])

  const dim = (line: Line) => near !== undefined && !(near.has(line.from) && near.has(line.to))
  return (
    <div className="loop-scroll">
      <div className="loop" ref={stage}>
        <svg className="loop-lines" aria-hidden>
          {lines.map((line) => (
            <g key={line.key} className={[dim(line) ? 'dim' : near ? 'near' : '', line.around ? 'around' : ''].join(' ')}>
              <path d={line.path} className="loop-line" />
              {line.live && <path d={line.path} className="loop-flow" />}
            </g>
          ))}
        </svg>
        {groups.map((column, index) => (
          <div key={columns[index]!.title} className="loop-column">
            <h3>{columns[index]!.title}</h3>
            <div className="loop-groups">
              {column.map((group) => (
                <ul key={group.id} className="loop-group" aria-label={group.title}>
                  {column.length > 1 && index !== 1 && <li className="loop-group-title">{group.title}</li>}
                  {group.nodes.map((node) => (
                    <li key={node.id}>
                      <NodeCard
                        node={node}
                        selected={node.id === selected}
                        dim={near !== undefined && !near.has(node.id)}
                        onSelect={() => onSelect(node.id)}
                        onHover={(over) => setHovered(over ? node.id : undefined)}
                      />
                    </li>
                  ))}
                  {group.hidden.length > 0 && <More group={group} />}
                </ul>
              ))}
              {column.length === 0 && <p className="loop-none">None yet</p>}
            </div>
          </div>
        ))}
      </div>
    </div>
  )
}

function More({ group }: { group: Group }) {
  const screen = group.id === 'trait' ? 'traits' : group.id === 'sync' ? 'syncs' : undefined
  const text = `${group.hidden.length} more`
  return (
    <li>
      {screen ? (
        <button type="button" className="loop-more" data-node={moreId(group)} onClick={() => openScreen(screen)}>
          {text}
        </button>
      ) : (
        <span className="loop-more" data-node={moreId(group)} title={group.hidden.map((node) => node.title).join(', ')}>
          {text}
        </span>
      )}
    </li>
  )
}

function draw(stage: HTMLElement, edges: { from: string; to: string; live: boolean }[]): Line[] {
  const origin = stage.getBoundingClientRect()
  const boxes = new Map<string, { left: number; right: number; top: number; bottom: number; x: number; y: number }>()
  for (const card of stage.querySelectorAll<HTMLElement>('[data-node]')) {
    const box = card.getBoundingClientRect()
    const left = box.left - origin.left
    const top = box.top - origin.top
    boxes.set(card.dataset['node']!, {
      left,
      right: left + box.width,
      top,
      bottom: top + box.height,
      x: left + box.width / 2,
      y: top + box.height / 2,
    })
  }
  return edges.flatMap((edge) => {
    const from = boxes.get(edge.from)
    const to = boxes.get(edge.to)
    if (from === undefined || to === undefined) return []
    const key = `${edge.from} ${edge.to}`
    if (Math.abs(from.left - to.left) >= 4) return [{ ...edge, key, path: across(from, to), around: false }]
    return [{ ...edge, key, ...within(from, to) }]
  })
}

type Box = { left: number; right: number; top: number; bottom: number; x: number; y: number }

function across(from: Box, to: Box): string {
  const bend = Math.max(16, (to.left - from.right) * 0.5)
  return `M ${from.right} ${from.y} C ${from.right + bend} ${from.y}, ${to.left - bend} ${to.y}, ${to.left} ${to.y}`
}

/** Two cards of one column: straight down to the next one, around the right side past others. */
function within(from: Box, to: Box): { path: string; around: boolean } {
  if (to.top > from.bottom && to.top - from.bottom < 60) {
    return { path: `M ${from.x} ${from.bottom} L ${to.x} ${to.top}`, around: false }
  }
  const out = from.right + 18
  return { path: `M ${from.right} ${from.y} C ${out} ${from.y}, ${out} ${to.y}, ${to.right} ${to.y}`, around: true }
}
