import { kindOf } from '../call/observe.ts'
import type { Queue, RunContext } from '../call/run-options.ts'
import { AlreadyRunningError, CanceledError } from '../records/errors.ts'
import { isFinished, type Slot, type Task } from '../records/task.ts'
import type { Tracker } from '../tracker/tracker-types.ts'
import { keyOf } from './slots.ts'

interface CallsOptions {
  readonly tracker: Tracker
  readonly handlers: Readonly<Record<string, (slot: Slot, run: RunContext) => unknown>>
  readonly options: Readonly<Record<string, object | undefined>>
  readonly queueOf: (type: string) => Queue
  /** Called when a call has begun or ended. */
  readonly onChange: () => void
  /** Called instead of a handler whose call cannot be tracked. */
  readonly onUntracked: () => void
}

/** `elsewhere`: another owner works on the slot. */
interface Call {
  readonly slot: Slot
  phase: 'queued' | 'running' | 'elsewhere'
  taskId: string | undefined
}

/** The calls of an autopilot, one for each slot. */
export function createCalls({ tracker, handlers, options, queueOf, onChange, onUntracked }: CallsOptions) {
  const calls = new Map<string, Call>()
  /** By slot, the version of another owner's task that was met last. */
  const inTheWay = new Map<string, string>()

  function begin(call: Call, run: RunContext): unknown {
    if (!tracker.getTask(run.task.id)) {
      onUntracked()
      throw new CanceledError('The autopilot makes no call that cannot be tracked. It has stopped.')
    }
    call.phase = 'running'
    onChange()
    const value = handlers[call.slot.type]!(call.slot, run)
    return kindOf(value) === 'generator' ? lastOf(value as AsyncGenerator) : value
  }

  /** Waits for the end of a call, here or elsewhere. Gives whether another attempt would meet the same again. */
  async function follow(call: Call, value: unknown): Promise<boolean> {
    try {
      await value
    } catch (error) {
      if (call.phase !== 'queued' || !(error instanceof AlreadyRunningError)) return false
      call.phase = 'elsewhere'
      await error.finished.catch(() => {})
      const key = keyOf(tracker.pipeline, call.slot)
      const other = `${error.taskId} ${tracker.getTask(error.taskId)?.rev}`
      const isSame = inTheWay.get(key) === other
      inTheWay.set(key, other)
      return isSame
    }
    return false
  }

  return {
    has: (slot: Slot): boolean => calls.has(keyOf(tracker.pipeline, slot)),
    size: (): number => calls.size,
    slotsIn: (phase: Call['phase']): Slot[] =>
      [...calls.values()].filter((call) => call.phase === phase).map(({ slot }) => slot),
    /** @param task The last task of the slot. If it failed, the call is its next attempt. */
    start(slot: Slot, task: Task | undefined): void {
      const key = keyOf(tracker.pipeline, slot)
      const call: Call = { slot, phase: 'queued', taskId: undefined }
      calls.set(key, call)
      const { showId, type, ...item } = slot
      const value: unknown = tracker.show(showId).track(type, (run) => begin(call, run), {
        ...options[type],
        ...item,
        ...(task?.status === 'failed' && { retryOf: task.id }),
        queue: queueOf(type),
        onConflict: 'reject',
      })
      call.taskId = tracker.getTask(slot)?.id
      void follow(call, value).then((isSame) => {
        if (calls.get(key) === call) calls.delete(key)
        if (!isSame) onChange()
      })
    },
    /** Forgets calls whose task has finished or was removed, though their promise may settle later. */
    prune(): void {
      for (const [key, { taskId, phase }] of calls) {
        const task = taskId === undefined ? undefined : tracker.getTask(taskId)
        if (task ? isFinished(task) : phase === 'running') calls.delete(key)
      }
    },
    /** Removes what is queued: a slot that was never tried is untried again. */
    clearQueue(): void {
      for (const { phase, taskId } of calls.values()) {
        if (phase !== 'queued' || taskId === undefined) continue
        const isFirst = tracker.getTask(taskId)?.attempt === 1
        tracker.cancel(taskId, 'the autopilot was stopped')
        if (isFirst) tracker.reset(taskId)
      }
    },
  }
}

/** Runs a generator to its end, and gives what it returns. */
async function lastOf(generator: AsyncGenerator): Promise<unknown> {
  for (;;) {
    const { done, value } = await generator.next()
    if (done) return value
  }
}
