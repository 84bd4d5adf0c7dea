// A provider of your own: a service that renders in jobs, `POST /renders` and then `GET /render?id=…`.
import { failed, followHttpJob, type HttpJobOptions, job, type Provider } from '@callsheet/http-adapter'

type Render = { id?: string; status?: string; percent?: number; film?: string; reason?: string }

const host = 'https://studio.example'
const urlOf = (id: string) => `${host}/render?id=${encodeURIComponent(id)}`
const read = (body: unknown) => {
  const { status, percent, film, reason } = Object(body) as Render
  return { status, progress: percent, outputUrl: film, error: reason }
}

export const studio = (options: Pick<HttpJobOptions, 'headers'>): Provider => ({
  name: 'studio',
  starts: {
    [`POST ${host}/renders`]: {
      read: (body) => {
        const { id, reason } = Object(body) as Render
        return id ? job({ provider: 'studio', id, url: urlOf(id) }) : failed(reason ?? body)
      },
    },
  },
  watches: { [`GET ${host}/render`]: { id: ({ url }) => url.searchParams.get('id') ?? undefined, read } },
  jobs: (tools) => {
    const url = ({ id }: { readonly id: string }) => urlOf(id)
    return followHttpJob({ ...tools, ...options, url, read, cancel: (it) => [url(it), { method: 'DELETE' }] })
  },
})
