import { MutationObserver, QueryClient } from '@tanstack/query-core'
import { nothing, type Wrapper } from './call.ts'

/** One observer, as one `useMutation` has; every mutation stays in the cache. */
export const tanstackQuery: Wrapper = {
  name: 'TanStack Query: mutate',
  start() {
    const client = new QueryClient({ defaultOptions: { mutations: { gcTime: Number.POSITIVE_INFINITY } } })
    const observer = new MutationObserver(client, {
      mutationKey: ['trailer'],
      mutationFn: (_index: number) => nothing(),
    })
    return {
      call: (index) => observer.mutate(index),
      succeeded: () => client.getMutationCache().findAll({ status: 'success' }).length,
    }
  },
}
