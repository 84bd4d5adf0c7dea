import { QueryClient } from '@tanstack/query-core'
import { nothing, type Wrapper } from './call.ts'

/** A mutation without the observer that a component has, which makes it dearer; each stays in the cache. */
export const tanstackQuery: Wrapper = {
  name: 'TanStack Query: a mutation',
  start() {
    const client = new QueryClient()
    const cache = client.getMutationCache()
    const options = {
      mutationKey: ['trailer'],
      mutationFn: (_index: number) => nothing(),
      gcTime: Number.POSITIVE_INFINITY,
    }
    return {
      call: (index) => cache.build(client, options).execute(index),
      succeeded: () => cache.findAll({ status: 'success' }).length,
    }
  },
}
