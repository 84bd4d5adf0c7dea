// A provider of your own: a service that renders in jobs, `POST /renders` and then `GET /renders/:id`.
import { failed, followHttpJob, job, type Provider } from '@callsheet/http-adapter'

const renders = 'https://studio.example/renders'

/** The id comes out of a record, so it must not climb to another path. */
const urlOf = (id: string): string => `${renders}/${encodeURIComponent(id)}`

/** What the service says of a render, as a state that the tracker understands. */
function stateOf(body: unknown) {
  const { phase, percent, film, reason } = Object(body) as {
    readonly phase?: string
    readonly percent?: number
    readonly film?: string
    readonly reason?: string
  }
  return {
    // Without a status the poll counts as failed. Unknown ones are shown as the stage.
    status: phase === 'ready' ? 'succeeded' : phase,
    ...(percent !== undefined && { progress: percent }),
    ...(film !== undefined && { outputUrl: film }),
    ...(reason !== undefined && { error: reason }),
  }
}

export function studio({ key }: { readonly key: string }): Provider {
  return {
    name: 'studio',
    starts: {
      [`POST ${renders}`]: {
        read(body) {
          const { id, reason } = Object(body) as { readonly id?: unknown; readonly reason?: unknown }
          if (typeof id === 'string') return job({ provider: 'studio', id, url: urlOf(id) })
          return failed(reason ?? body ?? 'The studio gave no id.')
        },
      },
    },
    // What the service's own client learns counts as a poll.
    watches: {
      [`GET ${renders}/:id`]: { id: ({ params }) => (params as Record<string, string>)['id'], read: stateOf },
    },
    jobs: (tools) =>
      followHttpJob({
        ...tools,
        headers: { 'x-api-key': key },
        url: ({ id }) => urlOf(id),
        read: stateOf,
        cancel: ({ id }) => [urlOf(id), { method: 'DELETE' }],
      }),
  }
}
