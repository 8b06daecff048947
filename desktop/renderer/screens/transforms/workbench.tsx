import { useMutation } from '@tanstack/react-query'
import { FlaskConical, Undo2 } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { MethodOutput } from '#core/host/contract.ts'
import { toMillraceError } from '#core/lib/error.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Page } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'
import { formatDuration } from '../../data/format.ts'
import { useCall, useHost } from '../../data/host.tsx'
import { modifierKey } from '../../shell/keys.ts'
import { href } from '../../shell/route.ts'
import { dropDraft, keepDraft, useDrafts } from './drafts.ts'
import { firstPlace, type Place } from './place.ts'
import { TransformEditor, type TransformEditorHandle } from './transform-editor.tsx'
import type { Trial } from './outcome.ts'
import { TrialView } from './trial-view.tsx'
import { Version } from './version.tsx'

type Transform = MethodOutput<'transform.list'>['transforms'][number]

/** Of a source that names the transform, or of all when none does: what the host takes by itself. */
const own = ''

interface WorkbenchProps {
  name: string
  path: string
  /** The text that is saved. */
  file: string
  transform: Transform | undefined
}

/** The editor, and beside it what the text in it makes of past events. */
export function Workbench({ name, path, file, transform }: WorkbenchProps) {
  const draft = useDrafts()[name]
  const text = draft?.text ?? file
  const editor = useRef<TransformEditorHandle>(null)
  const host = useHost()
  const [source, setSource] = useState(own)
  const [limit, setLimit] = useState<'100' | '1000'>('100')
  const mark = (story: string | undefined) => {
    const place = story === undefined ? undefined : firstPlace(story, path)
    if (place !== undefined) editor.current?.markLine(place.line, { column: place.column })
  }
  const test = useMutation({
    mutationFn: async (tested: string): Promise<{ trial: Trial; text: string }> => {
      const trial = await host.call('transform.test', { name, text: tested, limit: Number(limit), ...(source === own ? {} : { source }) })
      return { trial, text: tested }
    },
    onMutate: () => editor.current?.unmark(),
    onSuccess: ({ trial }) => mark(trial.results.find(({ rejected }) => rejected !== undefined)?.rejected?.message),
    onError: (thrown) => mark(toMillraceError(thrown).message),
  })
  const show = (place: Place) => editor.current?.markLine(place.line, { column: place.column, focus: true })
  const run = () => {
    if (!test.isPending) test.mutate(text)
  }
  const onFile = useEffectEvent((saved: string) => {
    if (draft === undefined) editor.current?.replace(saved)
    else if (draft.text === saved) dropDraft(name)
  })
  useEffect(() => onFile(file), [file])
  return (
    <Page
      title={name}
      parent={{ title: 'Transforms', href: href('transforms') }}
      fill
      aside={draft ? <Badge tone="warning">draft</Badge> : transform && <Version hash={transform.hash} />}
      actions={
        <>
          <EventChoice transform={transform} source={source} onSource={setSource} limit={limit} onLimit={setLimit} />
          <Button kind="primary" icon={FlaskConical} busy={test.isPending} onClick={run} keys={`${modifierKey}↵`}>
            {test.isPending ? 'Testing' : 'Test'}
          </Button>
        </>
      }
    >
      <div className="workbench">
        <div className="workbench-side">
          <div className="workbench-bar">
            <code className="clip" title={path}>
              {path}
            </code>
            <span className="faint clip">{transform && grants(transform)}</span>
            <CopyButton text={text} label="Copy the text" />
          </div>
          {draft && (
            <div className="workbench-draft" role="status">
              <p>
                {draft.base === file ? (
                  <>
                    A draft, kept in this browser. The studio does not write files: copy it into <code>{path}</code>, then publish.
                  </>
                ) : (
                  <>The file has changed since this draft was begun. Going back to the file gives the draft up.</>
                )}
              </p>
              <Button small icon={Undo2} onClick={() => editor.current?.replace(file)}>
                Back to the file
              </Button>
            </div>
          )}
          <div className="workbench-editor">
            <TransformEditor ref={editor} text={text} label={path} onChange={(next) => keepDraft(name, next, file)} onTest={run} />
          </div>
        </div>
        <section className="workbench-side" aria-label="Result of the test">
          <TrialView
            file={path}
            tested={test.data}
            error={test.error && toMillraceError(test.error)}
            busy={test.isPending}
            text={text}
            timeout={transform?.timeout}
            onPlace={show}
          />
        </section>
      </div>
    </Page>
  )
}

interface EventChoiceProps {
  transform: Transform | undefined
  source: string
  onSource: (source: string) => void
  limit: '100' | '1000'
  onLimit: (limit: '100' | '1000') => void
}

/** Which events it is tried on. */
function EventChoice({ transform, source, onSource, limit, onLimit }: EventChoiceProps) {
  const { data: stack } = useCall('stack.get', {})
  const sources = stack?.sources.filter(({ kind }) => kind !== 'etl') ?? []
  const named = transform?.sources ?? []
  return (
    <>
      <Select
        label="How many events"
        current={limit}
        onChange={onLimit}
        options={[
          { id: '100', title: 'the last 100 events' },
          { id: '1000', title: 'the last 1,000 events' },
        ]}
      />
      <Select
        label="Events of"
        current={source}
        onChange={onSource}
        options={[
          { id: own, title: named.length > 0 ? `of ${named.join(', ')}` : 'of all sources' },
          ...sources
            .filter(({ name }) => named.length !== 1 || name !== named[0])
            .map(({ name }) => ({ id: name, title: `of ${name} only` })),
        ]}
      />
    </>
  )
}

function grants({ sources, fetch, timeout }: Transform): string {
  return [
    sources.length > 0 ? `named by ${sources.join(', ')}` : 'no source names it',
    fetch.length > 0 ? `may ask ${fetch.join(', ')}` : 'no network',
    ...(timeout === undefined ? [] : [`${formatDuration(timeout)} a batch`]),
  ].join(' · ')
}
