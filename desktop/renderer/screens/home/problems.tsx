import { ChevronRight, CircleAlert, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { formatPlace } from '#core/lib/error.ts'
import { Prose } from '../../components/prose.tsx'
import { useCall } from '../../data/host.tsx'
import { plural } from '../../data/format.ts'

/** What is wrong with the stack's files: where it is and what mends it. Nothing when all is well. */
export function Problems() {
  const { data } = useCall('stack.get', {})
  const [open, setOpen] = useState<boolean | undefined>()
  const problems = data?.problems ?? []
  if (problems.length === 0) return null
  const errors = problems.filter((problem) => problem.severity === 'error').length
  const shown = open ?? problems.length <= 3
  return (
    <section className={errors > 0 ? 'problems error' : 'problems'} aria-label="Problems of the stack">
      <button type="button" className="problems-title" aria-expanded={shown} onClick={() => setOpen(!shown)}>
        {errors > 0 ? <CircleAlert size={15} aria-hidden /> : <TriangleAlert size={15} aria-hidden />}
        <strong>{plural(problems.length, 'problem')} in the files of the stack</strong>
        <ChevronRight size={14} className={shown ? 'caret open' : 'caret'} aria-hidden />
      </button>
      {shown && (
        <ul>
          {problems.map((problem) => (
            <li key={`${problem.code} ${problem.message} ${problem.at?.file} ${problem.at?.line}`}>
              <code className={problem.severity}>{problem.at ? formatPlace(problem.at) : problem.code}</code>
              <span>
                <Prose text={problem.message} />{' '}
                {problem.mend && (
                  <span className="quiet">
                    <Prose text={problem.mend} />
                  </span>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
