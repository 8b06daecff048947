import { CornerDownLeft, PanelLeft, Square, WandSparkles } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Button, IconButton } from '../../components/button.tsx'
import { Page } from '../../components/page.tsx'
import { useToast } from '../../components/toast.tsx'
import { modifierKey } from '../../shell/keys.ts'
import { Editor, type EditorHandle } from './editor.tsx'
import { errorRange } from './error-range.ts'
import { Results } from './results.tsx'
import { SchemaTree } from './schema-tree.tsx'
import { Splitter } from './splitter.tsx'
import { TabStrip } from './tab-strip.tsx'
import { changeTab, useTabs } from './tabs-store.ts'
import { useQueries } from './use-queries.ts'
import './sql.css'

/** SQL against the warehouse: schema, tabs, editor, results. */
export function Sql() {
  const { tabs, current } = useTabs()
  const tab = tabs.find((each) => each.id === current) ?? tabs[0]!
  const editor = useRef<EditorHandle>(null)
  const queries = useQueries()
  const toast = useToast()
  const [tree, setTree] = useState(true)
  const [height, setHeight] = useState(() => Number(localStorage.getItem('millrace.sql.height')) || 240)
  const state = queries.of(tab.id)

  const run = async () => {
    const what = editor.current?.statement()
    if (what === undefined || what.text.trim() === '') return
    editor.current?.markError(undefined)
    const error = await queries.run(tab.id, what.text)
    if (error) editor.current?.markError(errorRange(error.message, what.text, what.from))
  }

  useEffect(() => {
    if (!tab.runAtOnce) return
    changeTab(tab.id, { runAtOnce: false })
    void queries.run(tab.id, tab.text)
  }, [tab, queries])

  const format = async () => {
    const { formatSql } = await import('./format-sql.ts')
    const formatted = formatSql(tab.text)
    if (formatted === undefined)
      toast({ tone: 'error', title: 'This SQL could not be formatted', text: 'The formatter did not understand it. It may still run.' })
    else editor.current?.replace(formatted)
  }

  return (
    <Page
      title="SQL"
      fill
      actions={
        <>
          <Button icon={WandSparkles} kind="ghost" onClick={() => void format()}>
            Format
          </Button>
          {state.status === 'running' ? (
            <Button icon={Square} kind="danger" onClick={() => queries.cancel(tab.id)}>
              Cancel
            </Button>
          ) : (
            <Button
              kind="primary"
              icon={CornerDownLeft}
              onClick={() => void run()}
              keys={`${modifierKey}↵`}
              title="Runs what is selected, or the statement at the cursor"
            >
              Run
            </Button>
          )}
        </>
      }
    >
      <div className="sql">
        {tree && <SchemaTree onInsert={(text) => editor.current?.insert(text)} />}
        <div className="sql-work">
          <div className="sql-tabs">
            <IconButton
              icon={PanelLeft}
              label={tree ? 'Hide the schema' : 'Show the schema'}
              pressed={tree}
              onClick={() => setTree(!tree)}
            />
            <TabStrip tabs={tabs} current={tab.id} running={(id) => queries.of(id).status === 'running'} />
          </div>
          <div className="sql-editor" style={{ height }}>
            <Editor
              key={tab.id}
              ref={editor}
              text={tab.text}
              onChange={(text) => changeTab(tab.id, { text })}
              onRun={() => void run()}
              onFormat={() => void format()}
            />
          </div>
          <Splitter
            height={height}
            onResize={(next) => {
              setHeight(next)
              localStorage.setItem('millrace.sql.height', String(next))
            }}
          />
          <Results key={tab.id} state={state} onRun={() => void run()} />
        </div>
      </div>
    </Page>
  )
}
