import { useMutation } from '@tanstack/react-query'
import { ArrowUpRight, CodeXml, FileText, Play, PlugZap } from 'lucide-react'
import { useState } from 'react'
import type { Job, Loop, LoopNode } from '#core/host/contract.ts'
import { toMillraceError } from '#core/lib/error.ts'
import { languageOf } from '../../code/language.ts'
import { Badge, healthTones, healthWords, RunBadge, Simulated } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { CodeView } from '../../components/code-view.tsx'
import { ErrorNotice } from '../../components/notice.tsx'
import { Facts } from '../../components/page.tsx'
import { useToast } from '../../components/toast.tsx'
import { formatAgo, formatDuration, formatExact } from '../../data/format.ts'
import { useCall, useHost } from '../../data/host.tsx'
import { useNow } from '../../data/now.ts'
import { useRunsOf, useStartRun } from '../../data/run-job.ts'
import { href, openScreen, type ScreenName } from '../../shell/route.ts'
import { nodeIcon, units } from './node-card.tsx'

const kindNames: Record<LoopNode['kind'], string> = {
  sdk: 'Streaming source (SDK)',
  webhook: 'Streaming source (webhook)',
  etl: 'ETL source',
  collector: 'Collector',
  warehouse: 'Warehouse',
  model: 'Model',
  trait: 'Trait',
  sync: 'Sync',
  destination: 'Destination',
}

/** The job that brings a part of the loop up to date; none for what runs by itself. */
function jobOf(node: LoopNode): Job | undefined {
  switch (node.kind) {
    case 'etl':
      return { kind: 'source', name: node.name }
    case 'model':
      return { kind: 'models', name: node.name }
    case 'trait':
      return { kind: 'traits', name: node.name }
    case 'sync':
      return { kind: 'sync', name: node.name }
    case 'sdk':
    case 'webhook':
    case 'collector':
    case 'warehouse':
    case 'destination':
      return undefined
  }
}

const screenOf: Partial<Record<LoopNode['kind'], [screen: ScreenName, text: string, withName: boolean]>> = {
  sdk: ['events', 'Live events', false],
  webhook: ['events', 'Live events', false],
  collector: ['events', 'Live events', false],
  warehouse: ['sql', 'Open SQL', false],
  trait: ['traits', 'Open trait', true],
  sync: ['syncs', 'Open sync', true],
  destination: ['destinations', 'Open destination', true],
}

/** All that is known of a part of the loop, and what can be done with it. */
export function NodeDetail({ node, loop, onSelect }: { node: LoopNode; loop: Loop; onSelect: (id: string) => void }) {
  const now = useNow()
  const start = useStartRun()
  const job = jobOf(node)
  const screen = screenOf[node.kind]
  const Icon = nodeIcon(node)
  const runs = useRunsOf(
    (each) => job !== undefined && each.kind === job.kind && 'name' in each && 'name' in job && each.name === job.name,
  ).slice(0, 4)
  return (
    <>
      <div className="node-detail-kind">
        <Icon size={15} aria-hidden />
        <span className="quiet">{kindNames[node.kind]}</span>
        <Badge tone={healthTones[node.health]}>{healthWords[node.health]}</Badge>
        {node.simulated && <Simulated />}
      </div>
      {(job || screen) && (
        <div className="node-detail-actions">
          {job && (
            <Button kind="primary" icon={Play} busy={start.isPending} onClick={() => start.mutate(job)}>
              Run now
            </Button>
          )}
          {node.kind === 'etl' && <CheckSource name={node.name} />}
          {screen && (
            <Button icon={ArrowUpRight} onClick={() => openScreen(screen[0], screen[2] ? node.name : undefined)}>
              {screen[1]}
            </Button>
          )}
        </div>
      )}
      {node.error && <ErrorNotice error={node.error} title="Last error" tone={node.health === 'error' ? 'error' : 'warning'} />}
      <Facts
        items={[
          ['Name', <code key="name">{node.name}</code>],
          ['In all', node.total === undefined ? 'not known' : `${formatExact(node.total)} ${units[node.kind]}`],
          ['Rate', node.rate === undefined ? 'not measured' : `${formatExact(node.rate)} ${units[node.kind]} per minute`],
          ['Behind', node.lag === undefined ? 'not measured' : formatDuration(node.lag)],
          ['Last seen', node.lastAt === undefined ? 'never' : formatAgo(node.lastAt, now)],
        ]}
      />
      <Neighbours
        title="Fed by"
        ids={loop.edges.filter((edge) => edge.to === node.id).map((edge) => edge.from)}
        loop={loop}
        onSelect={onSelect}
      />
      <Neighbours
        title="Feeds"
        ids={loop.edges.filter((edge) => edge.from === node.id).map((edge) => edge.to)}
        loop={loop}
        onSelect={onSelect}
      />
      {runs.length > 0 && (
        <section>
          <h3 className="node-detail-title">Last runs</h3>
          <ul className="node-detail-runs">
            {runs.map((run) => (
              <li key={run.id}>
                <a href={href('runs', run.id)}>{formatAgo(run.startedAt, now)}</a>
                <RunBadge status={run.status} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {node.kind === 'sdk' && <Snippet name={node.name} />}
      <Definition node={node} />
    </>
  )
}

/** Asks the tool whether the settings work. */
function CheckSource({ name }: { name: string }) {
  const host = useHost()
  const toast = useToast()
  const check = useMutation({
    mutationFn: () => host.call('source.check', { name }),
    onSuccess: () => toast({ tone: 'ok', title: `${name} answers`, text: 'The settings of the source work.' }),
    onError: (thrown) => {
      const error = toMillraceError(thrown)
      toast({ tone: 'error', title: `${name} cannot be reached`, text: [error.message, error.mend].filter(Boolean).join(' ') })
    },
  })
  return (
    <Button icon={PlugZap} busy={check.isPending} onClick={() => check.mutate()}>
      Check
    </Button>
  )
}

function Neighbours({ title, ids, loop, onSelect }: { title: string; ids: string[]; loop: Loop; onSelect: (id: string) => void }) {
  const nodes = loop.nodes.filter((node) => ids.includes(node.id))
  if (nodes.length === 0) return null
  return (
    <section>
      <h3 className="node-detail-title">{title}</h3>
      <div className="node-detail-neighbours">
        {nodes.map((node) => (
          <button key={node.id} type="button" onClick={() => onSelect(node.id)}>
            {node.title}
          </button>
        ))}
      </div>
    </section>
  )
}

function Definition({ node }: { node: LoopNode }) {
  const [open, setOpen] = useState(false)
  const { data: stack } = useCall('stack.get', {})
  const { data: traits } = useCall('trait.list', {})
  const { data: syncs } = useCall('sync.list', {})
  const files: Partial<Record<LoopNode['kind'], { name: string; path: string }[] | undefined>> = {
    sdk: stack?.sources,
    webhook: stack?.sources,
    etl: stack?.sources,
    model: stack?.models,
    destination: stack?.destinations,
    trait: traits?.traits,
    sync: syncs?.syncs,
  }
  const path = files[node.kind]?.find((file) => file.name === node.name)?.path
  const file = useCall('stack.file', { path: path ?? '' }, { enabled: open && path !== undefined })
  if (path === undefined) return null
  return (
    <section>
      <h3 className="node-detail-title">Definition</h3>
      <Button small icon={FileText} aria-expanded={open} onClick={() => setOpen(!open)}>
        {path}
      </Button>
      {open && file.error && <ErrorNotice error={file.error} />}
      {open && file.data && (
        <div className="node-detail-file">
          <CodeView text={file.data.text} language={languageOf(path)} label={`File ${path}`} />
        </div>
      )}
    </section>
  )
}

/** What a site's pages get to load the browser SDK of a source. */
function Snippet({ name }: { name: string }) {
  const [open, setOpen] = useState(false)
  const snippet = useCall('source.snippet', { name }, { enabled: open })
  return (
    <section>
      <h3 className="node-detail-title">On a site</h3>
      <Button small icon={CodeXml} aria-expanded={open} onClick={() => setOpen(!open)}>
        HTML snippet
      </Button>
      {open && snippet.error && <ErrorNotice error={snippet.error} />}
      {open && snippet.data && (
        <div className="node-detail-file">
          <CodeView text={snippet.data.html} language="text" label="HTML snippet" />
          {snippet.data.secret && (
            <p className="quiet">
              Put the write key in place of <code>{snippet.data.secret}</code>, the name of the secret that holds it.
            </p>
          )}
        </div>
      )}
    </section>
  )
}
