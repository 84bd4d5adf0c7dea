import type { StepStatus } from './counts.ts'
import type { Pipeline } from '../records/pipeline.ts'
import { readShows } from '../records/show.ts'
import { createShowBase, type ShowBase } from './show-base.ts'
import { earliest, latest, StepState } from './step-state.ts'
import type { Character } from '../records/task.ts'
import type { PipelineView } from './views.ts'

/**
 * One show, with all that was joined to it: what a viewer sees, and in private what the reducer goes on from. Sealed
 * when it is first shown to anybody, as a step is.
 */
export class ShowState {
  declare readonly showId: string
  declare readonly title: string | undefined
  declare readonly status: StepStatus
  declare readonly progress: number
  declare readonly completedSteps: number
  declare readonly totalSteps: number
  declare readonly active: number
  declare readonly failed: number
  declare readonly characters: readonly Character[]
  readonly #pipeline: Pipeline
  readonly #base: ShowBase
  readonly #stepStates: readonly StepState[]
  // Of the counted steps: the sum of weight times progress, and the sum of the weights.
  readonly #work: number
  readonly #weights: number
  // Of the counted steps: failed slots without a result.
  readonly #stuck: number
  #steps: readonly StepState[] | undefined
  #isSealed: boolean

  private constructor(
    pipeline: Pipeline,
    { showId, title, characters }: Pick<ShowState, 'showId' | 'title' | 'characters'>,
    base: ShowBase,
    stepStates: readonly StepState[],
    active: number,
    failed: number,
    stuck: number,
    work: number,
    weights: number,
    totalSteps: number,
    completedSteps: number,
  ) {
    const isDone = totalSteps > 0 && completedSteps === totalSteps
    const progress = isDone ? 100 : weights === 0 ? 0 : Math.min(99, Math.floor(work / weights))
    this.showId = showId
    this.title = title
    this.status = active > 0 ? 'active' : stuck > 0 ? 'failed' : progress === 100 ? 'succeeded' : 'pending'
    this.progress = progress
    this.completedSteps = completedSteps
    this.totalSteps = totalSteps
    this.active = active
    this.failed = failed
    this.characters = characters
    this.#pipeline = pipeline
    this.#base = base
    this.#stepStates = stepStates
    this.#work = work
    this.#weights = weights
    this.#stuck = stuck
    this.#steps = undefined
    this.#isSealed = false
  }

  /** A show of which nothing is known but its id. */
  static empty(pipeline: Pipeline, showId: string): ShowState {
    const base = createShowBase(pipeline, showId, [showId], readShows(showId, []))
    return ShowState.of(
      base,
      [...pipeline.steps, undefined].map((definition) => StepState.empty(definition, base)),
    )
  }

  /** A show of these steps, all figures summed up anew. */
  static of(base: ShowBase, stepStates: readonly StepState[]): ShowState {
    const { pipeline } = base
    let active = 0
    let failed = 0
    let stuck = 0
    let work = 0
    let weights = 0
    let totalSteps = 0
    let completedSteps = 0
    for (const [place, step] of stepStates.entries()) {
      active += step.active + step.outside
      if (!step.counted) continue
      failed += step.failed
      stuck += step.stuck
      const { weight } = pipeline.steps[place]!
      work += weight * step.progress
      weights += weight
      totalSteps += 1
      if (step.progress === 100) completedSteps += 1
    }
    return new ShowState(
      pipeline,
      headOf(base),
      base,
      stepStates,
      active,
      failed,
      stuck,
      work,
      weights,
      totalSteps,
      completedSteps,
    )
  }

  get base(): ShowBase {
    return this.#base
  }

  /** One for each step of the pipeline, and a last one for what is in no step. */
  get stepStates(): readonly StepState[] {
    return this.#stepStates
  }

  /** How many places for tasks its steps have. */
  get taskCount(): number {
    return this.#stepStates.reduce((sum, step) => sum + step.size, 0)
  }

  // --- making the next one -------------------------------------------------------------------------------------------

  /** The show after one of its steps changed. */
  withStep(place: number, step: StepState): ShowState {
    const old = this.#stepStates[place]!
    const stepStates = this.#stepStates.slice()
    stepStates[place] = step
    if (step.counted !== old.counted) return ShowState.of(this.#base, stepStates)
    const gained = step.counted ? step.progress - old.progress : 0
    const completed = step.counted ? Number(step.progress === 100) - Number(old.progress === 100) : 0
    return new ShowState(
      this.#pipeline,
      this,
      this.#base,
      stepStates,
      this.active + step.active - old.active + step.outside - old.outside,
      step.counted ? this.failed + step.failed - old.failed : this.failed,
      step.counted ? this.#stuck + step.stuck - old.stuck : this.#stuck,
      gained === 0 ? this.#work : this.#work + gained * this.#pipeline.steps[place]!.weight,
      this.#weights,
      this.totalSteps,
      this.completedSteps + completed,
    )
  }

  /** The same steps over another base. */
  withBase(base: ShowBase): ShowState {
    return this.#with(base, this.#stepStates)
  }

  /** The same figures over other steps, yet to be counted. */
  withSteps(stepStates: readonly StepState[]): ShowState {
    return this.#with(this.#base, stepStates)
  }

  #with(base: ShowBase, stepStates: readonly StepState[]): ShowState {
    return new ShowState(
      this.#pipeline,
      headOf(base),
      base,
      stepStates,
      this.active,
      this.failed,
      this.#stuck,
      this.#work,
      this.#weights,
      this.totalSteps,
      this.completedSteps,
    )
  }

  // --- being looked at -----------------------------------------------------------------------------------------------

  /** Shown from now on, and so never changed again. */
  seal(): this {
    if (!this.#isSealed) {
      this.#isSealed = true
      Object.freeze(this)
    }
    return this
  }

  // Made on first read: an event does not pay for a frozen array that nobody reads.
  get steps(): readonly StepState[] {
    return (this.#steps ??= Object.freeze(this.#stepStates.slice(0, -1).map((step) => step.seal())))
  }

  /** What an accessor of the prototype gives is left out of JSON otherwise. */
  toJSON(): object {
    return Object.assign({}, this, { steps: this.steps })
  }

  step(type: string): StepState {
    const place = this.#pipeline.indexOf(type)
    if (place !== undefined) return this.#stepStates[place]!.seal()
    const known = this.#pipeline.steps.map((step) => step.type).join(', ')
    throw new TypeError(`The pipeline has no step "${type}"; it has ${known}.`)
  }

  get startedAt(): number | undefined {
    return earliest(this.steps.map((step) => step.startedAt))
  }

  get completedAt(): number | undefined {
    return this.progress === 100 ? latest(this.steps.map((step) => step.completedAt)) : undefined
  }
}

const headOf = ({ showId, info }: ShowBase) => ({
  showId,
  title: info.title,
  characters: info.characters ?? none,
})

const none: readonly never[] = Object.freeze([])

/** A show as it is shown. */
export const viewOf = <P extends Pipeline>(show: ShowState): PipelineView<P> =>
  show.seal() as unknown as PipelineView<P>
