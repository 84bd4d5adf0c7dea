import type { Tracker } from '../tracker/tracker-types.ts'
import type { Pipeline } from '../records/pipeline.ts'
import { labelOf } from '../records/task.ts'
import type { ShowPipeline } from '../records/show-pipeline.ts'
import type { Slot, TaskRecord, TaskStatus } from '../records/task.ts'
import { describeTask, type TestSink } from './test-sink.ts'
import type { PipelineView, SlotView, StepView } from '../state/view-types.ts'

interface Outcome {
  readonly pass: boolean
  readonly message: () => string
}

/** The types of `callsheetMatchers` for `expect`; `R` is the return type of a matcher. */
export interface CallsheetMatchers<R = void, P extends Pipeline = ShowPipeline> {
  /** For a tracker or a test sink: the slot has a latest task, with the status if one is given. */
  readonly toHaveTask: (slot: Slot<P>, status?: TaskStatus) => R
  /** For the view of a show: all slots of the step are done, also while one is remade; without a step, the whole show. */
  readonly toBeComplete: (step?: P['steps'][number]['type']) => R
}

/**
 * Matchers for `expect.extend` of Vitest and Jest; `CallsheetMatchers` has their types.
 *
 * @example
 * expect.extend(callsheetMatchers)
 * expect(tracker).toHaveTask({ showId: 'neon-noir', type: 'trailer' }, 'succeeded')
 * expect(tracker.getPipeline('neon-noir')).toBeComplete('portrait')
 */
export const callsheetMatchers = {
  toHaveTask(
    received: Pick<Tracker, 'getTask'> | Pick<TestSink, 'last'>,
    slot: Slot,
    status?: TaskStatus,
  ): Outcome {
    const task: TaskRecord | undefined = 'last' in received ? received.last(slot) : received.getTask(slot)
    const pass = task !== undefined && (status === undefined || task.status === status)
    const wanted = status === undefined ? 'a task' : `a task that is ${status}`
    const is = task === undefined ? 'there is none' : `it is ${describeTask(task)}`
    const label = labelOf(task ?? slot)
    return { pass, message: () => `expected ${label} ${pass ? 'not ' : ''}to have ${wanted}; ${is}` }
  },

  toBeComplete(received: PipelineView, step?: string): Outcome {
    const steps = step === undefined ? received.steps : [received.step(step)]
    const { progress } = step === undefined ? received : steps[0]!
    const pass = progress === 100
    const name = step === undefined ? `show "${received.showId}"` : `step "${step}"`
    const rest = steps.filter((one) => one.progress !== 100).map((one) => `\n  ${describeStep(one)}`)
    return {
      pass,
      message: () => `expected ${name} ${pass ? 'not ' : ''}to be complete${rest.join('')}`,
    }
  },
} as const

function describeStep({ type, completed, total, slots }: StepView): string {
  const open = slots.filter(({ done }) => !done).map(describeSlot)
  return `${type}: ${completed} of ${total} done${open.length > 0 ? `; ${open.join('; ')}` : ''}`
}

const describeSlot = ({ characterId, status, task }: SlotView): string => {
  const is = task ? describeTask(task) : status
  return characterId === undefined ? is : `${characterId} ${is}`
}
