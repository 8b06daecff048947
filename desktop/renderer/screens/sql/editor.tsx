import { autocompletion, closeCompletion } from '@codemirror/autocomplete'
import { sql } from '@codemirror/lang-sql'
import { Compartment, EditorState } from '@codemirror/state'
import { EditorView, placeholder } from '@codemirror/view'
import { type Ref, useEffect, useEffectEvent, useImperativeHandle, useRef, useState } from 'react'
import { clickhouseDialect } from '../../code/dialect.ts'
import { editorSetup } from '../../code/editor-setup.ts'
import { type Range, setErrorMark } from '../../code/error-mark.ts'
import { modifierKey } from '../../shell/keys.ts'
import { completions, useSqlNames } from './completion.ts'
import { statementAt } from './statement.ts'

export interface EditorHandle {
  /** What a run would run: the selection, or the statement at the cursor. */
  statement(): { text: string; from: number }
  insert(text: string): void
  /** Replaces the whole text, as one step of undo. */
  replace(text: string): void
  markError(range: Range | undefined): void
}

interface EditorProps {
  ref: Ref<EditorHandle>
  /** The text to begin with; later changes go out through `onChange`. */
  text: string
  onChange: (text: string) => void
  onRun: () => void
  onFormat: () => void
}

/** CodeMirror with ClickHouse's words and the warehouse's names. */
export function Editor({ ref, text, onChange, onRun, onFormat }: EditorProps) {
  const parent = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const names = useSqlNames()
  const language = useRef(new Compartment())
  const [initial] = useState(text)
  const change = useEffectEvent(onChange)
  const runIt = useEffectEvent(onRun)
  const formatIt = useEffectEvent(onFormat)

  useEffect(() => {
    const editor = new EditorView({
      parent: parent.current!,
      state: EditorState.create({
        doc: initial,
        extensions: [
          editorSetup(
            'SQL',
            [
              { key: 'Mod-Enter', run: () => (runIt(), true) },
              { key: 'Shift-Alt-f', run: () => (formatIt(), true) },
            ],
            change,
          ),
          language.current.of(sql({ dialect: clickhouseDialect })),
          autocompletion({ icons: false }),
          placeholder(`Write SQL; ${modifierKey}Enter runs it`),
        ],
      }),
    })
    view.current = editor
    editor.focus()
    return () => editor.destroy()
  }, [initial])

  useEffect(() => {
    view.current?.dispatch({ effects: language.current.reconfigure(completions(names)) })
  }, [names])

  useImperativeHandle(ref, () => ({
    statement: () => {
      closeCompletion(view.current!)
      return statementAt(view.current!.state)
    },
    insert: (inserted) => {
      view.current?.dispatch(view.current.state.replaceSelection(inserted))
      view.current?.focus()
    },
    replace: (next) => {
      view.current?.dispatch({ changes: { from: 0, to: view.current.state.doc.length, insert: next } })
      view.current?.focus()
    },
    markError: (range) => view.current?.dispatch({ effects: setErrorMark.of(range) }),
  }))

  return <div className="editor" ref={parent} />
}
