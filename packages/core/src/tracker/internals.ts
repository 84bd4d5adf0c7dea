import type { TrackerOptions } from './tracker-types.ts'
import { createListeners } from './listeners.ts'
import { createStore } from './store.ts'
import { createClock, createIds, setTimer } from './platform.ts'
import { anyDuration, type Schedule } from '../call/timers.ts'
import type { Ownership, Run } from '../call/run.ts'
import type { Pipeline } from '../records/pipeline.ts'
import { defaultExpiry } from '../records/time.ts'
import { createState } from '../state/state.ts'
import { assertId, assertNumber } from '../write/input.ts'
import { createRedactor } from '../write/redact.ts'

/** What all parts of a tracker work with. */
export type Internals = ReturnType<typeof createInternals>

/** Reads the options of a tracker. Throws a CallsheetError for an invalid one. */
export function createInternals(options: TrackerOptions<Pipeline>) {
  const { pipeline, durations, promises = 'same', maxTasks = 50_000 } = options
  const sinks = [...(options.sinks ?? [])]
  const { takeOverAfter = 3_600_000 } = options
  const { clock = Date.now, random = Math.random } = options
  const expiry = { ...defaultExpiry, ...options.expiry }
  const newId = createIds(options.createId)
  const redactor = createRedactor(options.redact)
  const by = options.by ?? newId()
  assertId(by, 'by')
  assertNumber(maxTasks, 'maxTasks', 1)
  for (const [name, ms] of Object.entries({ takeOverAfter, ...expiry }))
    assertNumber(ms, name, 0, 'milliseconds from 0, or Infinity')
  const createdAt = clock()
  const runs = new Map<string, Run>()
  const state = createState(pipeline)
  const listeners = createListeners({ pipeline, redact: redactor.text, durations, createdAt })
  const store = createStore({ state, listeners, sinks, createdAt, maxTasks, runs })
  const now = createClock(clock, listeners.report)
  const anyTimer = anyDuration(options.schedule ?? setTimer)
  const schedule: Schedule = (callback, ms) => {
    const undo = anyTimer(callback, ms)
    return () => void listeners.guarded(undo)
  }
  const ownership: { current: Ownership | undefined } = { current: undefined }
  const world = { clock, now, newId, random, schedule }
  return {
    pipeline,
    by,
    sinks,
    durations,
    promises,
    expiry,
    takeOverAfter,
    redactor,
    runs,
    ownership,
    state,
    ...world,
    ...listeners,
    ...store,
  }
}
