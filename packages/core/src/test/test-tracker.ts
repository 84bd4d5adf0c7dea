import type { Tracker, TrackerOptions } from '../tracker/tracker-types.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import type { Pipeline } from '../records/pipeline.ts'
import { createRandom } from './random.ts'
import { type ShowPipeline, showPipeline } from '../records/show-pipeline.ts'
import { testSink, type TestSink } from './test-sink.ts'
import { createTracker } from '../tracker/tracker.ts'

/** The options of `createTestTracker`: any option of a tracker. The pipeline defaults to `showPipeline`. */
export type TestTrackerOptions<P extends Pipeline> = Partial<TrackerOptions<P>> & {
  /** The seed of `random`. @default 1 */
  readonly seed?: number | string
  /** The start of the clock in epoch ms. @default the first of January 2026, UTC */
  readonly start?: number
}

/** A deterministic tracker, and what a test inspects. */
export interface TestTracker<P extends Pipeline> {
  readonly tracker: Tracker<P>
  readonly clock: FakeClock
  readonly sink: TestSink<P>
  /** The errors of the tracker's `error` event, in order. */
  readonly errors: readonly Error[]
}

/**
 * Creates a tracker with a fake clock, a seeded `random`, the ids `task-1`, `task-2` …, the writer `test`, and a sink that
 * keeps every change.
 *
 * @example
 * const { tracker, clock, sink } = createTestTracker()
 * tracker.addTask({ id: 'a', showId: 'neon-noir', type: 'trailer', status: 'processing' })
 * await clock.advance(5_000)
 * tracker.updateTask('a', { status: 'succeeded' })
 * sink.statuses('a') // ['processing', 'succeeded']
 */
export function createTestTracker<const P extends Pipeline = ShowPipeline>(
  options: TestTrackerOptions<P> = {},
): TestTracker<P> {
  const { seed = 1, start, pipeline = showPipeline as Pipeline as P, sinks = [], ...more } = options
  const clock = createFakeClock(start)
  const sink = testSink(pipeline)
  const errors: Error[] = []
  let made = 0
  const tracker = createTracker<P>({
    pipeline,
    by: 'test',
    clock: clock.now,
    schedule: clock.schedule,
    createId: () => `task-${(made += 1)}`,
    random: createRandom(seed),
    ...more,
    sinks: [sink, ...sinks],
  })
  tracker.on('error', ({ error }) => errors.push(error))
  return { tracker, clock, sink, errors }
}
