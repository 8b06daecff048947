import { typescriptLanguage } from '@codemirror/lang-javascript'
import { yamlLanguage } from '@codemirror/lang-yaml'
import { classHighlighter, highlightCode } from '@lezer/highlight'
import { Fragment, type ReactNode } from 'react'
import { clickhouseDialect } from './dialect.ts'
import type { CodeLanguage } from './language.ts'

/** The text as lines of coloured spans; no editor behind it. */
export function HighlightedCode({ text, language }: { text: string; language: CodeLanguage }) {
  const lines = language === 'text' ? text.split('\n').map((line) => [line]) : colour(text, language)
  return (
    <pre>
      {lines.map((line, index) => (
        <span key={index} className="line" data-line={index + 1}>
          {line.map((part, at) => (
            <Fragment key={at}>{part}</Fragment>
          ))}
          {'\n'}
        </span>
      ))}
    </pre>
  )
}

const grammars = { sql: clickhouseDialect.language, yaml: yamlLanguage, typescript: typescriptLanguage }

function colour(text: string, language: keyof typeof grammars): ReactNode[][] {
  const { parser } = grammars[language]
  const lines: ReactNode[][] = [[]]
  highlightCode(
    text.replace(/\n$/, ''),
    parser.parse(text.replace(/\n$/, '')),
    classHighlighter,
    (code, classes) => lines.at(-1)!.push(classes ? <span className={classes}>{code}</span> : code),
    () => lines.push([]),
  )
  return lines
}
