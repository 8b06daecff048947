import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { sql } from '@codemirror/lang-sql'
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState, Prec } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view'
import { classHighlighter } from '@lezer/highlight'
import { type Ref, useEffect, useEffectEvent, useImperativeHandle, useRef, useState } from 'react'
import { clickhouseDialect } from '../../code/dialect.ts'
import { modifierKey } from '../../shell/keys.ts'
import { completions, useSqlNames } from './completion.ts'
import type { Range } from './error-range.ts'
import { errorMark, setErrorMark } from './error-mark.ts'
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
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          syntaxHighlighting(classHighlighter),
          language.current.of(sql({ dialect: clickhouseDialect })),
          autocompletion({ icons: false }),
          errorMark,
          placeholder(`Write SQL; ${modifierKey}Enter runs it`),
          EditorView.contentAttributes.of({ 'aria-label': 'SQL' }),
          Prec.highest(
            keymap.of([
              { key: 'Mod-Enter', run: () => (runIt(), true) },
              { key: 'Shift-Alt-f', run: () => (formatIt(), true) },
            ]),
          ),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change(update.state.doc.toString())
          }),
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
