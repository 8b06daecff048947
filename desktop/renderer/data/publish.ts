import { useCallback } from 'react'
import { toMillraceError } from '#core/lib/error.ts'
import { useToast } from '../components/toast.tsx'
import { plural } from './format.ts'
import { useHost } from './host.tsx'

/** Tells the collector the stack's sources and write keys, and says how that went. */
export function usePublish(): () => void {
  const host = useHost()
  const toast = useToast()
  return useCallback(() => {
    host.call('edge.publish', {}).then(
      ({ url, sources }) =>
        toast({
          tone: 'ok',
          title: `${plural(sources.length, 'source')} published`,
          text: `The collector at ${url} takes events from ${sources.join(', ') || 'none'}.`,
        }),
      (thrown: unknown) => {
        const error = toMillraceError(thrown)
        toast({ tone: 'error', title: 'The sources could not be published', text: [error.message, error.mend].filter(Boolean).join(' ') })
      },
    )
  }, [host, toast])
}
