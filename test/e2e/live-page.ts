// What the page of live.e2e.test.ts runs: ten views of one show, each with a live source of its own.
import { createTracker, showPipeline } from '../../packages/core/src/index.ts'
import { liveSource } from '../../packages/http-adapter/src/index.ts'

/** Waits pass that many times as fast. */
const speed = 20
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
    schedule(callback, ms) {
      const timer = setTimeout(callback, ms / speed)
      return () => clearTimeout(timer)
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
  jump: (ms: number) => void (jumped += ms),
  release: () => {
    for (const release of releases) release()
  },
}

/** What the test calls. */
export type LiveTools = typeof tools

Object.assign(globalThis, { tools })
