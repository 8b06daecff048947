import { StateEffect, StateField } from '@codemirror/state'
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view'

/** A stretch of an editor's text. */
export interface Range {
  from: number
  to: number
}

/** Underlines a stretch of the text, or nothing. */
export const setErrorMark = StateEffect.define<Range | undefined>()

/** The underlined stretch; an edit takes it away. */
export const errorMark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setErrorMark)) continue
      const { value } = effect
      if (value === undefined || value.from >= value.to || value.to > transaction.state.doc.length) return Decoration.none
      return Decoration.set([Decoration.mark({ class: 'editor-error-mark' }).range(value.from, value.to)])
    }
    return transaction.docChanged ? Decoration.none : marks
  },
  provide: (field) => EditorView.decorations.from(field),
})
