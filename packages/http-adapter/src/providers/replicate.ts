import { begin, handleOf } from './begin.ts'
import { segmentOf } from '../jobs/job-address.ts'
import { followHttpJob, type HttpJobOptions } from '../jobs/http-jobs.ts'
import type { Provider, Start, Watch } from '../jobs/provider.ts'
import { replicateState } from './replicate-state.ts'
import { createRepeats } from './client-retries.ts'

/** Options of `replicate`. */
export interface ReplicateOptions extends Pick<HttpJobOptions, 'headers' | 'interval' | 'timeout'> {
  /** The address of the API, as in the client's own option. @default `https://api.replicate.com/v1` */
  readonly baseUrl?: string
}

/** A prediction repeats its input, into which the client encodes files of up to 10 MB. */
const maxBytes = 33_554_432

/**
 * Understands the calls of Replicate's client: predictions of models, versions and deployments.
 *
 * A prediction is one task, from the call that creates it to its end, also when the client has stopped waiting. The
 * client's polls update the task. `tracker.cancel` and a time limit cancel it at Replicate.
 * `metadata.model` is its model.
 *
 * @example
 * const fetch = createTrackedFetch({ tracker, providers: [replicate()] })
 * const client = new Replicate({ fetch: fetch.for({ showId: 's1', type: 'portrait', characterId: 'ada' }) })
 * await client.run('black-forest-labs/flux-schnell', { input: { prompt } })
 */
export function replicate({
  baseUrl = 'https://api.replicate.com/v1',
  ...options
}: ReplicateOptions = {}): Provider<'replicate'> {
  const base = baseUrl.replace(/\/+$/, '') as `https://${string}`
  const urlOf = (id: string) => `${base}/predictions/${segmentOf(id)}`
  const create: Start = {
    maxBytes,
    repeats: createRepeats(),
    read(body) {
      const { id } = Object(body) as { readonly id?: unknown }
      return begin(replicateState(body), {
        provider: 'replicate',
        body,
        handle: handleOf('replicate', id, urlOf),
      })
    },
    metadata({ params, json }) {
      const { owner, name }: Readonly<Record<string, string>> = params
      const { version } = (json() ?? {}) as { readonly version?: string }
      return { model: owner ? `${owner}/${name}` : version }
    },
  }
  const prediction: Watch = {
    id: ({ params }) => (params as Readonly<Record<string, string>>)['id'],
    read: replicateState,
    maxBytes,
  }
  return {
    name: 'replicate',
    starts: {
      [`POST ${base}/predictions`]: create,
      [`POST ${base}/models/:owner/:name/predictions`]: create,
      [`POST ${base}/deployments/:owner/:name/predictions`]: create,
    },
    watches: {
      [`GET ${base}/predictions/:id`]: prediction,
      [`POST ${base}/predictions/:id/cancel`]: prediction,
    },
    jobs: (tools) =>
      followHttpJob({
        ...tools,
        ...options,
        maxBytes,
        url: ({ id }) => urlOf(id),
        read: replicateState,
        cancel: ({ id }) => [`${urlOf(id)}/cancel`, { method: 'POST' }],
      }),
  }
}
