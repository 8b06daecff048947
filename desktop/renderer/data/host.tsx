import { QueryClient, type UseQueryOptions, useQuery } from '@tanstack/react-query'
import { createContext, use } from 'react'
import type { Client } from '#core/host/client.ts'
import type { MethodInput, MethodName, MethodOutput } from '#core/host/contract.ts'
import { type MillraceError, toMillraceError } from '#core/lib/error.ts'

const HostContext = createContext<Client | undefined>(undefined)

export const HostProvider = HostContext.Provider

/** The host's client. */
export function useHost(): Client {
  const client = use(HostContext)
  if (client === undefined) throw new Error('useHost outside of HostProvider.')
  return client
}

/** Failures are shown where they happen, with a button to try again; only a passing one is retried by itself. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5000,
        refetchOnWindowFocus: true,
        retry: (failures, error) => failures < 1 && toMillraceError(error).code === 'host-unreachable',
        retryDelay: 400,
      },
    },
  })
}

type Options<Name extends MethodName> = Partial<Omit<UseQueryOptions<MethodOutput<Name>, MillraceError>, 'queryKey' | 'queryFn'>>

/** A method's answer, cached under its name and input; `data/live.ts` refreshes it when the host says so. */
export function useCall<Name extends MethodName>(method: Name, input: MethodInput<Name>, options: Options<Name> = {}) {
  const client = useHost()
  return useQuery<MethodOutput<Name>, MillraceError>({
    queryKey: [method, input],
    queryFn: async () => {
      try {
        return await client.call(method, input)
      } catch (thrown) {
        throw toMillraceError(thrown)
      }
    },
    ...options,
  })
}
