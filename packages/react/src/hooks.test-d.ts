import {
  createTracker,
  definePipeline,
  type Pipeline,
  type PipelineView,
  showPipeline,
  type ShowPipeline,
  type StepView,
  type Task,
  type Tracker,
} from '@callsheet/core'
import type { StandardSchema } from '@callsheet/core/provider'
import { describe, expectTypeOf, it } from 'vitest'
import {
  createHooks,
  PipelineProvider,
  useElapsed,
  useOnStepComplete,
  usePipeline,
  usePipelines,
  useStep,
  useTask,
  useTrack,
  useTracker,
} from './index.ts'

interface KeyframeMetadata {
  readonly seed: number
  readonly style?: string
}

const storyboard = definePipeline({
  id: 'storyboard',
  steps: [
    { type: 'outline', label: 'Outline', per: 'show' },
    {
      type: 'keyframe',
      label: 'Keyframes',
      per: 'beat',
      metadata: {} as StandardSchema<KeyframeMetadata>,
    },
  ],
  extra: [{ type: 'zip' }],
})
const board = createHooks(storyboard)
const showId = 'neon-noir'

describe('the plain hooks', () => {
  it('know the eight steps', () => {
    expectTypeOf(useTracker()).toEqualTypeOf<Tracker<ShowPipeline>>()
    expectTypeOf(usePipeline(showId)).toEqualTypeOf<PipelineView<ShowPipeline>>()
    expectTypeOf(usePipelines()).toEqualTypeOf<readonly PipelineView<ShowPipeline>[]>()
    expectTypeOf(useStep(showId, 'portrait')).toEqualTypeOf<StepView<ShowPipeline, 'portrait'>>()
    expectTypeOf(useTask('id')).extract<undefined>().toEqualTypeOf<undefined>()
    expectTypeOf(useTask('id')).exclude<undefined>().toEqualTypeOf<Task<ShowPipeline>>()
    expectTypeOf(usePipelines((shows) => shows.length)).toEqualTypeOf<number>()
    expectTypeOf(useElapsed(useTask('id'))).toEqualTypeOf<number>()
    useOnStepComplete(null, 'portrait', ({ step }) => {
      expectTypeOf(step).toEqualTypeOf<StepView<ShowPipeline, 'portrait'>>()
    })
    // @ts-expect-error misspelt
    useOnStepComplete(showId, 'portrat', () => {})
    // @ts-expect-error misspelt
    useStep(showId, 'portrat')
    // @ts-expect-error misspelt
    usePipeline(showId).step('portrat')
  })

  it('infer what a selector gives', () => {
    expectTypeOf(usePipeline(showId, ({ progress }) => progress)).toEqualTypeOf<number>()
    expectTypeOf(
      usePipeline(
        showId,
        ({ title }) => ({ title }),
        (a, b) => a.title === b.title,
      ),
    ).toEqualTypeOf<{
      title: string | undefined
    }>()
  })

  it('require a character exactly where the step is per character', () => {
    expectTypeOf(useTask({ showId, type: 'portrait', characterId: 'ada' }))
      .exclude<undefined>()
      .toEqualTypeOf<Task<ShowPipeline, 'portrait'>>()
    expectTypeOf(useTask({ showId, type: 'trailer' }))
      .exclude<undefined>()
      .toEqualTypeOf<Task<ShowPipeline, 'trailer'>>()
    // @ts-expect-error no character
    useTask({ showId, type: 'portrait' })
    // @ts-expect-error once per show
    useTask({ showId, type: 'trailer', characterId: 'ada' })
    // @ts-expect-error misspelt
    useTask({ showId, type: 'trailr' })
  })

  it('take null for a slot whose show or item is not selected yet', () => {
    const id = null as string | null
    expectTypeOf(useTask(id ? { showId, type: 'portrait', characterId: id } : null))
      .exclude<undefined>()
      .toEqualTypeOf<Task<ShowPipeline, 'portrait'>>()
    expectTypeOf(useTask(id === null ? undefined : { showId: id, type: 'trailer' }))
      .exclude<undefined>()
      .toEqualTypeOf<Task<ShowPipeline, 'trailer'>>()
    expectTypeOf(useTask({ showId: id, type: 'portrait', characterId: id }))
      .exclude<undefined>()
      .toEqualTypeOf<Task<ShowPipeline, 'portrait'>>()
    // @ts-expect-error a number names no item
    useTask({ showId, type: 'portrait', characterId: 7 })
  })

  it('take a tracker of their own pipeline', () => {
    const props = expectTypeOf(PipelineProvider).parameter(0)
    props.toHaveProperty('tracker').toEqualTypeOf<Tracker<ShowPipeline>>()
    expectTypeOf(createTracker({ pipeline: showPipeline })).toExtend<Tracker<ShowPipeline>>()
    expectTypeOf(createTracker({ pipeline: storyboard })).not.toExtend<Tracker<ShowPipeline>>()
  })
})

describe('useTrack', () => {
  it("keeps the function's signature", () => {
    const paint = (id: string, size?: number) => Promise.resolve(new Blob([id, String(size)]))
    const tracked = useTrack('portrait', paint, (characterId, size) => {
      expectTypeOf(characterId).toEqualTypeOf<string>()
      expectTypeOf(size).toEqualTypeOf<number | undefined>()
      return { showId, characterId }
    })
    expectTypeOf(tracked).toEqualTypeOf<(id: string, size?: number) => Promise<Blob>>()
    expectTypeOf(useTrack('trailer', () => 7, { showId })).toEqualTypeOf<() => number>()
    const list = useTrack('trailer', <T>(value: T) => [value], { showId })
    expectTypeOf(list('a')).toEqualTypeOf<string[]>()
  })

  it('requires a character exactly where the step is per character', () => {
    useTrack('portrait', fetch, { showId, characterId: 'ada', onConflict: 'supersede' })
    // @ts-expect-error no character
    useTrack('portrait', fetch, { showId })
    // @ts-expect-error no character
    useTrack('portrait', fetch, () => ({ showId }))
    // @ts-expect-error once per show
    useTrack('trailer', fetch, { showId, characterId: 'ada' })
    // @ts-expect-error no show
    useTrack('trailer', fetch, {})
    // @ts-expect-error misspelt
    useTrack('trailr', fetch, { showId })
    // @ts-expect-error no such way
    useTrack('trailer', fetch, { showId, onConflict: 'replace' })
  })

  it('passes the awaited value to result', () => {
    useTrack('trailer', async () => ({ url: '' }), {
      showId,
      result: (value) => {
        expectTypeOf(value).toEqualTypeOf<{ url: string }>()
        return { outputUrl: value.url }
      },
    })
  })
})

describe('createHooks', () => {
  it('knows the steps, items and metadata of the pipeline', () => {
    expectTypeOf(board.useStep).parameter(1).toEqualTypeOf<'outline' | 'keyframe'>()
    const task = board.useTask({ showId, type: 'keyframe', beatId: 'opening' })
    expectTypeOf(task?.metadata).toEqualTypeOf<KeyframeMetadata | undefined>()
    expectTypeOf(board.useStep(showId, 'keyframe').tasks[0]?.metadata?.seed).toEqualTypeOf<
      number | undefined
    >()
    expectTypeOf(board.useTask({ showId, type: 'zip' }))
      .exclude<undefined>()
      .toEqualTypeOf<Task<typeof storyboard, 'zip'>>()
    // @ts-expect-error a step of another pipeline
    board.useStep(showId, 'portrait')
    // @ts-expect-error an extra task is not a step
    board.useStep(showId, 'zip')
    // @ts-expect-error a beat, not a character
    board.useTask({ showId, type: 'keyframe', characterId: 'ada' })
  })

  it('types useTrack by it', () => {
    const draw = (beat: string) => beat.length
    const tracked = board.useTrack('keyframe', draw, (beatId) => ({ showId, beatId, metadata: { seed: 7 } }))
    expectTypeOf(tracked).toEqualTypeOf<(beat: string) => number>()
    board.useTrack('zip', draw, { showId })
    // @ts-expect-error no beat
    board.useTrack('keyframe', draw, { showId })
    // @ts-expect-error the seed is a number
    board.useTrack('keyframe', draw, { showId, beatId: 'opening', metadata: { seed: 'seven' } })
  })

  it('supports components for any pipeline', () => {
    const any = createHooks<Pipeline>(showPipeline)
    const type: string = 'whatever'
    expectTypeOf(any.useStep(showId, type)).toEqualTypeOf<StepView>()
    expectTypeOf(any.usePipeline(showId)).toEqualTypeOf<PipelineView>()
    expectTypeOf(any.useTask({ showId, type, characterId: 'ada' }))
      .exclude<undefined>()
      .toEqualTypeOf<Task>()
    any.useTrack(type, fetch, { showId, characterId: 'ada' })
    any.useTrack(type, fetch, { showId })
  })
})
