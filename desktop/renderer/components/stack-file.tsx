import { languageOf } from '../code/language.ts'
import { useCall } from '../data/host.tsx'
import { CodeView } from './code-view.tsx'
import { ErrorNotice } from './notice.tsx'
import { SkeletonRows } from './skeleton.tsx'

/** A file of the stack, to read. */
export function StackFile({ path }: { path: string }) {
  const { data, error, refetch } = useCall('stack.file', { path })
  if (error) {
    return (
      <div className="panel-body">
        <ErrorNotice error={error} onRetry={() => void refetch()} />
      </div>
    )
  }
  return data ? <CodeView text={data.text} language={languageOf(path)} label={`File ${path}`} /> : <SkeletonRows rows={6} />
}
