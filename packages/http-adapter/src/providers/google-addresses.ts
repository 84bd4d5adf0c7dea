import type { Job } from '@callsheet/core'
import { segmentOf } from '../jobs/job-address.ts'
import type { Question } from '../jobs/request-job.ts'
import type { RouteRequest } from '../route/request.ts'

const gemini = 'https://generativelanguage.googleapis.com'
const vertex = 'https://aiplatform.googleapis.com'
/** The hosts of both, with those of Vertex AI's locations. */
const hosts =
  /^https:\/\/(?:generativelanguage|(?:[a-z\d-]+-)?aiplatform|aiplatform\.[a-z\d-]+\.rep)\.googleapis\.com(?=\/)/
/** The name of a video's operation. */
const operation =
  /^(?:(?:projects\/[\w.:-]+\/locations\/[\w-]+\/)?publishers\/[\w-]+\/)?models\/[\w.@-]+\/operations\/[\w.-]+$/
const project = 'projects/:project/locations/:location/'

/** Whether the id of a job is the name of an operation, and not that of an interaction. */
export const isOperation = (id: string): boolean => operation.test(id)

/** What comes before the version in an address of Google, or of a proxy. */
export const baseOf = (url: string, proxy: string | undefined): string | undefined =>
  proxy && url.startsWith(`${proxy}/`) ? proxy : hosts.exec(url)?.[0]

/** The address in a record, which may come from anywhere, while the key goes there. */
export function urlOf({ id, url = '' }: Job, proxy: string | undefined): string {
  const base = baseOf(url, proxy)
  const path = base && new URL(url).href === url ? url.slice(base.length).replace(/^\/v\w+\//, '') : ''
  const below = path.replace(/^projects\/[^/]+\/locations\/[^/]+\//, '')
  if (isOperation(id) ? path === id : below === `interactions/${segmentOf(id)}`) return url
  throw Object.assign(new Error(`"${url}" is not where Google keeps "${id}"`), { retryable: false })
}

/** What asks for a job. Vertex AI tells of an operation only to a POST. */
export function questionFor(url: string, { id }: Job): Question {
  if (!id.includes('publishers/')) return url
  return [
    `${url.slice(0, url.lastIndexOf('/operations/'))}:fetchPredictOperation`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ operationName: id }),
    },
  ]
}

/** Where models and interactions are. Vertex AI has a host for each location, and a path that tells it. */
export function placesOf(proxy: string | undefined) {
  const known = [gemini, vertex, ...(proxy ? [proxy] : [])]
  const all = [
    ...known.flatMap((at) => [`${at}/:version/`, `${at}/:version/${project}`]),
    `/:version/${project}`,
  ]
  return {
    models: all.flatMap((at) => [`${at}models/:model`, `${at}publishers/google/models/:model`]),
    interactions: all.map((at) => `${at}interactions`),
  }
}

/** The key or the token, who pays, and the form of the answers. */
const needed = ['authorization', 'x-goog-api-key', 'x-goog-user-project', 'api-revision']

/** What polls need of the call that began the job. A key in the query becomes a header. */
export function credentialsOf(request: RouteRequest | undefined): Headers {
  const key = request?.url.searchParams.get('key')
  const headers = new Headers(key ? { 'x-goog-api-key': key } : {})
  for (const name of needed) {
    const value = request?.headers.get(name)
    if (value) headers.set(name, value)
  }
  return headers
}
