import { lazy, Suspense } from 'react'
import type { CodeLanguage } from '../code/language.ts'
import { CopyButton } from './copy-button.tsx'
import './code-view.css'

const HighlightedCode = lazy(() => import('../code/highlighted-code.tsx').then((module) => ({ default: module.HighlightedCode })))

/** A text to read, not to edit, highlighted once the grammar has loaded. */
export function CodeView({ text, language, label }: { text: string; language: CodeLanguage; label: string }) {
  return (
    <div className="code-view" role="region" aria-label={label} tabIndex={0}>
      <CopyButton text={text} label={`Copy ${label.toLowerCase()}`} />
      <Suspense fallback={<pre>{text}</pre>}>
        <HighlightedCode text={text} language={language} />
      </Suspense>
    </div>
  )
}
