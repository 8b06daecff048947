import { Shuffle } from 'lucide-react'
import { Button } from '../../components/button.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { useCall } from '../../data/host.tsx'
import { href, openScreen } from '../../shell/route.ts'
import { Workbench } from './workbench.tsx'

/** One transform: its file in an editor, and what the text there makes of past events. */
export function TransformDetail({ name }: { name: string }) {
  const path = `transforms/${name}.ts`
  const file = useCall('stack.file', { path })
  const list = useCall('transform.list', {})
  const transform = list.data?.transforms.find((each) => each.name === name)
  if (file.data) return <Workbench name={name} path={path} file={file.data.text} transform={transform} />
  return (
    <Page title={name} parent={{ title: 'Transforms', href: href('transforms') }}>
      {file.error === null ? (
        <SkeletonRows rows={12} label="Loading the file" />
      ) : file.error.code === 'unknown-file' ? (
        <EmptyState
          icon={Shuffle}
          title="There is no such transform"
          action={<Button onClick={() => openScreen('transforms')}>All transforms</Button>}
        >
          <p>
            No file <code>{path}</code> is in the stack.
          </p>
        </EmptyState>
      ) : (
        <ErrorNotice title="The file cannot be read" error={file.error} onRetry={() => void file.refetch()} />
      )}
    </Page>
  )
}
