import { syntaxTree } from '@codemirror/language'
import type { EditorState } from '@codemirror/state'

/** The selected text; without one, the statement that the cursor is in or behind; of a text with one statement, all. */
export function statementAt(state: EditorState): { text: string; from: number } {
  const { from, to, head } = state.selection.main
  if (from < to) return { text: state.sliceDoc(from, to), from }
  const statements: { from: number; to: number }[] = []
  for (let node = syntaxTree(state).topNode.firstChild; node !== null; node = node.nextSibling) {
    if (node.name === 'Statement') statements.push({ from: node.from, to: node.to })
  }
  if (statements.length < 2) return { text: state.doc.toString(), from: 0 }
  const at = statements.findLast((statement) => statement.from <= head) ?? statements[0]!
  return { text: state.sliceDoc(at.from, at.to), from: at.from }
}
