// What the page of live.e2e.test.ts runs: ten views of one show, each with a live source of its own.
import { createTracker, showPipeline } from '../../packages/core/src/index.ts'
import { liveSource } from '../../packages/http-adapter/src/index.ts'

/** Pauses pass that many times as fast. */
const speed = 20
/** Time limits of the source, which pass as slowly as anywhere: a busy machine must not reach them. */
const limits = new Set([10_000, 20_000, 45_000])
const waiting = new Set<() => void>()
let answers = 0
let jumped = 0

const tracker = createTracker({ pipeline: showPipeline })
const errors: string[] = []
tracker.on('error', ({ error }) => errors.push(error.message))
const sources = Array.from({ length: 10 }, () =>
  liveSource({
    tracker,
    url: '/',
    showId: 's1',
    clock: () => performance.now() * speed + jumped,
    async fetch(...args) {
      const response = await fetch(...args)
      answers += 1
      return response
    },
    schedule(callback, ms) {
      if (limits.has(ms)) waiting.add(callback)
      const timer = setTimeout(callback, limits.has(ms) ? ms : ms / speed)
      return () => {
        waiting.delete(callback)
        clearTimeout(timer)
      }
    },
  }),
)
const statuses = sources.map(() => [] as string[])
for (const [place, source] of sources.entries()) {
  source.subscribe(() => statuses[place]!.push(source.state.status))
}
const releases = sources.map((source) => source.open())

const tools = {
  errors,
  statuses,
  /** How each source stands: they cannot differ. */
  states: () => [...new Set(sources.map((source) => source.state.status))],
  tasks: () => tracker.serialize().tasks,
  answers: () => answers,
  /** Lets the time limit be over that a source waits for. */
  expire: () => waiting.forEach((callback) => callback()),
  jump: (ms: number) => void (jumped += ms),
  release: () => {
    for (const release of releases) release()
  },
}

/** What the test calls. */
export type LiveTools = typeof tools

Object.assign(globalThis, { tools })
