// What every runtime has to do, by the published names and web standards alone: no `node:`, no page.
import { createTracker, showPipeline, type TaskRecord } from '@callsheet/core'
import { createTrackedFetch, done, httpSink, liveSource, readEvents, resend } from '@callsheet/http-adapter'
import { replicate } from '@callsheet/http-adapter/replicate'
import { falWebhooks, handleWebhook, replicateWebhooks } from '@callsheet/http-adapter/webhooks'

/** A webhook as it is delivered. */
interface Parcel {
  readonly headers: Record<string, string>
  readonly body: string
}

/** Where the servers are, and what was signed for the webhooks. Plain JSON. */
export interface Plan {
  readonly replicate: string
  readonly token: string
  readonly app: string
  readonly collector: string
  readonly live: string
  readonly secret: string
  readonly signed: Readonly<Record<'replicate' | 'forged' | 'fal', Parcel>>
}

const showId = 's1'
/** Pauses of the tracker, the sink and the live source pass that many times as fast. */
const speed = 20

/** From 10 s on it is a time limit, which a busy machine must not reach. */
const schedule = (callback: () => void, ms: number) => {
  const timer = setTimeout(callback, ms < 10_000 ? ms / speed : ms)
  return () => clearTimeout(timer)
}

/** Does all of it, and tells what came of it. Plain JSON. */
export async function playScenario(plan: Plan) {
  const { replicate: provider, token, app, secret, signed } = plan
  const sink = httpSink({ url: plan.collector, schedule })
  const tracker = createTracker({ pipeline: showPipeline, sinks: [sink], schedule })
  const errors: string[] = []
  tracker.on('error', ({ error }) => void errors.push(error.message))
  const looks = new Set<string>()
  tracker.on('taskChanged', ({ task }) => {
    const { type, status, attempt, stage = '' } = task as TaskRecord
    looks.add(`${type} ${status} ${attempt} ${stage}`.trim())
  })

  /** The task of a step, once it has ended. */
  const endOf = (type: string) =>
    new Promise<TaskRecord>((resolve) => {
      const stop = tracker.on('taskChanged', ({ task }) => {
        if (task?.type !== type || !/succeeded|failed|canceled/.test((task as TaskRecord).status)) return
        stop()
        resolve(task as TaskRecord)
      })
    })

  const fetch = createTrackedFetch({
    tracker,
    providers: [replicate({ baseUrl: `${provider}/v1` })],
    routes: {
      'POST /story': {
        type: 'show-generation',
        scope: ({ json }) => json() as { showId: string },
        stream: readEvents(({ event, data }) => (event === 'stage' ? { stage: data } : undefined)),
      },
      'POST /trailer': {
        type: 'trailer',
        scope: () => ({ showId }),
        retry: resend({ attempts: 2 }),
        read: (body) => done((body as { url: string }).url),
      },
    },
  })

  async function paint() {
    const end = endOf('portrait')
    const painting = fetch.for({ showId, type: 'portrait', characterId: 'ada' })
    const response = await painting(`${provider}/v1/models/acme/painter/predictions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ input: { prompt: 'Ada' } }),
    })
    const { status, outputUrl, job } = await end
    return { http: response.status, status, outputUrl, job: job?.id }
  }

  async function write() {
    const end = endOf('show-generation')
    const response = await fetch(`${app}/story`, { method: 'POST', body: JSON.stringify({ showId }) })
    const text = await response.text()
    return { text, status: (await end).status }
  }

  async function cut() {
    const end = endOf('trailer')
    const response = await fetch(new Request(`${app}/trailer`, { method: 'POST', body: 'please' }))
    const answer = await response.json()
    const { status, attempt, outputUrl } = await end
    return { http: response.status, answer, status, attempt, outputUrl }
  }

  async function listen() {
    const source = liveSource({ tracker, url: plan.live, showId, schedule })
    const seen: string[] = []
    let stop = () => {}
    const isLive = new Promise<void>((resolve) => {
      stop = source.subscribe(() => {
        seen.push(source.state.status)
        if (source.state.status === 'live') resolve()
      })
    })
    const release = source.open()
    await isLive
    const poster = endOf('library-poster')
    // At this the server makes it.
    await globalThis.fetch(`${app}/cue`, { method: 'POST' })
    const { id, status, by } = await poster
    // The connection ends some time after it is released.
    stop()
    release()
    return { seen, poster: { id, status, by } }
  }

  async function takeIn() {
    const expectNews = (provider: string, id: string, characterId: string) =>
      tracker.addTask({ id, showId, type: 'video', characterId, status: 'processing', job: { provider, id } })
    expectNews('replicate', 'hooked', 'ada')
    expectNews('fal', 'request-1', 'bo')
    const own = replicateWebhooks({ secret })
    const others = falWebhooks({ keysUrl: `${app}/jwks`, userId: 'user-1' })
    const deliver = async (source: typeof own, { headers, body }: Parcel) => {
      const request = new Request('https://app.test/hooks', { method: 'POST', headers, body })
      const response = await handleWebhook(request, { source, target: tracker })
      const { result, error } = (await response.json()) as { result?: string; error?: string }
      return `${response.status} ${result ?? error}`
    }
    const answers = [
      await deliver(own, signed.forged),
      await deliver(own, signed.replicate),
      await deliver(own, signed.replicate),
      await deliver(others, signed.fal),
    ]
    const statuses = ['hooked', 'request-1'].map((id) => tracker.getTask(id)?.status)
    return { answers, statuses }
  }

  const [painted, written, trailer] = await Promise.all([paint(), write(), cut()])
  const live = await listen()
  const webhooks = await takeIn()
  // Enough for a batch that is worth compressing.
  for (let place = 1; place <= 30; place += 1) {
    tracker.addTask({ id: `seeds-${place}`, showId, type: 'character-seeds', status: 'succeeded' })
  }
  await tracker.close()
  const { created, stored, pending } = sink.counts
  return {
    painted,
    written,
    trailer,
    live,
    webhooks,
    counts: { allStored: created === stored, pending },
    looks: [...looks].toSorted(),
    tasks: tracker.serialize().tasks,
    errors,
  }
}

export type Outcome = Awaited<ReturnType<typeof playScenario>>
