import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { MethodInput } from '#core/host/contract.ts'
import { toMillraceError } from '#core/lib/error.ts'
import { useToast } from '../../components/toast.tsx'
import { plural } from '../../data/format.ts'
import { useHost } from '../../data/host.tsx'

interface Settlement {
  action: 'replay' | 'drop'
  which: MethodInput<'destination.drop'>['which']
}

/** Has dead letters of a destination delivered again, or forgotten, and says how that went. */
export function useSettle(name: string) {
  const host = useHost()
  const queries = useQueryClient()
  const toast = useToast()
  return useMutation({
    mutationFn: ({ action, which }: Settlement) => host.call(`destination.${action}`, { name, which }),
    onSuccess: ({ events }, { action }) => {
      toast({
        tone: 'ok',
        title: action === 'replay' ? `${plural(events, 'event')} on the way to ${name} again` : `${plural(events, 'event')} dropped`,
      })
    },
    onError: (thrown, { action }) => {
      const { message, mend } = toMillraceError(thrown)
      const title = action === 'replay' ? 'The events could not be replayed' : 'The events could not be dropped'
      toast({ tone: 'error', title, text: [message, mend].filter(Boolean).join(' ') })
    },
    onSettled: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['destination.list'] }),
        queries.invalidateQueries({ queryKey: ['destination.dead'] }),
      ])
    },
  })
}
