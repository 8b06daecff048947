import { javascript } from '@codemirror/lang-javascript'
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { type Ref, useEffect, useEffectEvent, useImperativeHandle, useRef, useState } from 'react'
import { editorSetup } from '../../code/editor-setup.ts'
import { setErrorMark } from '../../code/error-mark.ts'

export interface TransformEditorHandle {
  /** Underlines a line, from a column on, and brings it into sight; with `focus` the cursor goes there too. */
  markLine(line: number, options?: { column?: number; focus?: boolean }): void
  unmark(): void
  /** Replaces the whole text, as one step of undo. */
  replace(text: string): void
}

interface TransformEditorProps {
  ref: Ref<TransformEditorHandle>
  /** The text to begin with; later changes go out through `onChange`. */
  text: string
  label: string
  onChange: (text: string) => void
  onTest: () => void
}

/** CodeMirror with TypeScript. */
export function TransformEditor({ ref, text, label, onChange, onTest }: TransformEditorProps) {
  const parent = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const [initial] = useState(text)
  const change = useEffectEvent(onChange)
  const test = useEffectEvent(onTest)

  useEffect(() => {
    const editor = new EditorView({
      parent: parent.current!,
      state: EditorState.create({
        doc: initial,
        extensions: [editorSetup(label, [{ key: 'Mod-Enter', run: () => (test(), true) }], change), javascript({ typescript: true })],
      }),
    })
    view.current = editor
    return () => editor.destroy()
  }, [initial, label])

  useImperativeHandle(ref, () => ({
    markLine: (number, { column = 1, focus = false } = {}) => {
      const { state } = view.current!
      if (number > state.doc.lines) return
      const line = state.doc.line(number)
      const indent = /^\s*/.exec(line.text)![0].length
      const from = Math.min(line.from + Math.max(column - 1, indent), Math.max(line.from, line.to - 1))
      view.current!.dispatch({
        effects: [setErrorMark.of({ from, to: line.to }), EditorView.scrollIntoView(from, { y: 'center' })],
        ...(focus ? { selection: { anchor: from } } : {}),
      })
      if (focus) view.current!.focus()
    },
    unmark: () => view.current?.dispatch({ effects: setErrorMark.of(undefined) }),
    replace: (next) => {
      const { doc } = view.current!.state
      if (doc.toString() !== next) view.current!.dispatch({ changes: { from: 0, to: doc.length, insert: next } })
    },
  }))

  return <div className="editor" ref={parent} />
}
