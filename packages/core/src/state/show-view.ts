import { problem } from '../records/errors.ts'
import type { Show } from './entities.ts'
import { showProgress, showStatus } from './status.ts'
import { finite, type Writable } from './step-view.ts'
import type { PipelineView, StepView } from './view-types.ts'

/** A show as it is now, frozen. */
export const viewOfShow = (show: Show): PipelineView => new FrozenShow(show) as unknown as PipelineView

class FrozenShow {
  constructor({ showId, info, outside, steps, stepViews }: Show) {
    let [active, failed, failedSteps, totalSteps, completedSteps] = [outside, 0, 0, 0, 0]
    let [work, weights, startedAt, completedAt] = [0, 0, Infinity, -Infinity]
    for (let place = 0; place < stepViews.length; place += 1) {
      const step = stepViews[place]!
      active += step.active
      startedAt = Math.min(startedAt, step.startedAt ?? Infinity)
      completedAt = Math.max(completedAt, step.completedAt ?? -Infinity)
      if (!step.counted) continue
      const { weight } = steps[place]!.definition!
      failed += step.failed
      if (step.status === 'failed') failedSteps += 1
      work += weight * step.progress
      weights += weight
      totalSteps += 1
      if (step.progress === 100) completedSteps += 1
    }
    const isComplete = totalSteps > 0 && completedSteps === totalSteps
    const view = this as unknown as Writable<PipelineView>
    view.showId = showId
    view.title = info.title
    view.status = showStatus(active, failedSteps, isComplete)
    // Copied from a list that is not frozen: slices of frozen ones are ten times as slow.
    view.steps = Object.freeze(stepViews.slice())
    view.progress = showProgress(isComplete, work, weights)
    view.completedSteps = completedSteps
    view.totalSteps = totalSteps
    view.active = active
    view.failed = failed
    view.items = info.items
    view.characters = info.rosters.get('character') ?? none
    view.startedAt = finite(startedAt)
    view.completedAt = isComplete ? finite(completedAt) : undefined
    Object.freeze(this)
  }

  /** A getter, so that the function works when it is destructured. */
  get step() {
    return (type: string): StepView => {
      const { steps } = this as unknown as PipelineView
      // Not `find`, which is slow on a frozen list.
      for (let place = 0; place < steps.length; place += 1)
        if (steps[place]!.type === type) return steps[place]!
      const known = steps.map((one) => one.type).join(', ')
      throw problem('unknown_step', `Unknown step "${type}". Known steps: ${known}.`)
    }
  }
}

const none: readonly never[] = Object.freeze([])
