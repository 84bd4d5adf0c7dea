import { createTrackedFetch } from '@callsheet/http-adapter'
import * as z from 'zod'
import { tracker } from './tracker.ts'

/** A response that is not ok, with the message of the server. */
class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const problem = z.object({
  error: z.string(),
  details: z.string().optional(),
  detail: z.string().optional(),
})

async function readAnswer<T>(response: Response, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) return schema.parse(body)
  const { data } = problem.safeParse(body)
  const said = data
    ? [data.error, data.details ?? data.detail].filter(Boolean).join(': ')
    : response.statusText
  throw new HttpError(response.status, said)
}

const jsonInit = (body: unknown, signal?: AbortSignal): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
  ...(signal ? { signal } : {}),
})

/** A plain call, for `track`. */
export const post = async <T>(
  path: string,
  body: unknown,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> => readAnswer(await fetch(path, jsonInit(body, signal)), schema)

const characterCall = z.object({ showId: z.string(), characterId: z.string() })
const portrait = z.object({ imageUrl: z.string() })

/** The tracked fetch tracks portraits and videos: these calls do not use Callsheet. */
const trackedFetch = createTrackedFetch({
  tracker,
  routes: {
    'POST /api/characters/portrait': {
      type: 'portrait',
      scope: (request) => characterCall.parse(request.json()),
      read: (body) => ({ outputUrl: portrait.parse(body).imageUrl }),
    },
    'POST /api/characters/video': {
      type: 'video',
      scope: (request) => characterCall.parse(request.json()),
      read: (body) => ({ outputs: z.object({ outputs: z.array(z.string()) }).parse(body).outputs }),
    },
  },
})

export const postTracked = async <T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> =>
  readAnswer(await trackedFetch(path, jsonInit(body)), schema)

const media = z.record(z.string(), z.string())

const savedShow = z.object({
  showId: z.string(),
  title: z.string(),
  prompt: z.string(),
  characters: z.array(z.object({ id: z.string(), name: z.string() })).optional(),
  done: z.record(z.string(), z.union([z.literal(true), z.array(z.string())])),
  outputs: z.object({
    portrait: media.optional(),
    video: media.optional(),
    'portrait-grid': z.string().optional(),
    'library-poster': z.string().optional(),
    trailer: z.string().optional(),
  }),
})

/** A show on the server. */
export type SavedShow = z.infer<typeof savedShow>

export const loadShow = async (showId: string): Promise<SavedShow> =>
  readAnswer(await fetch(`/api/shows/${encodeURIComponent(showId)}`), savedShow)

export const loadShowIds = async (): Promise<readonly string[]> =>
  (await readAnswer(await fetch('/api/shows'), z.array(z.object({ showId: z.string() })))).map(
    (show) => show.showId,
  )
