import { describe, expect, it, vi } from 'vitest'
import { renderHook } from 'vitest-browser-react'
import { createTracker, definePipeline, type Pipeline } from '@callsheet/core'
import { createHooks, type ShowId, usePipeline, useStep, useTask, useTrack } from './index.ts'
import { createTestTracker, settled, showId } from './testing.tsx'

describe.each([
  ['null', null],
  ['undefined', undefined],
  ['an empty text', ''],
])('the hooks with %s, before a show exists', (_what, nothing: ShowId) => {
  const useAll = (id: ShowId = nothing) => ({
    show: usePipeline(id),
    progress: usePipeline(id, (show) => show.progress),
    step: useStep(id, 'portrait'),
    task: useTask({ showId: id, type: 'portrait', characterId: 'ada' }),
    byId: useTask(id),
    maybe: useTask(id ? { showId: id, type: 'trailer' } : null),
    start: useTrack('trailer', () => 7, { showId: id }),
  })

  it('give an empty show, and no task', async () => {
    const { wrapper } = createTestTracker()
    const { result } = await renderHook(() => useAll(), { wrapper })
    const { show, progress, step, task, byId, maybe } = result.current
    expect(show).toMatchObject({ showId: '', status: 'pending', progress: 0, characters: [] })
    expect(progress).toBe(0)
    expect(step).toMatchObject({ type: 'portrait', status: 'pending', total: 0 })
    expect([task, byId, maybe]).toEqual([undefined, undefined, undefined])
  })

  it('follow the show as soon as it has an id', async () => {
    const { tracker, wrapper, subscribers } = createTestTracker()
    tracker.addTask({ id: 'mine', showId, type: 'portrait', characterId: 'ada', status: 'processing' })
    const { result, rerender, unmount } = await renderHook((id?: string) => useAll(id), { wrapper })
    await rerender(showId)
    expect(result.current.show).toBe(tracker.getPipeline(showId))
    expect(result.current.step.active).toBe(1)
    expect(result.current.task?.id).toBe('mine')
    tracker.updateTask('mine', { status: 'succeeded' })
    await expect.poll(() => result.current.task?.status).toBe('succeeded')
    await unmount()
    expect(subscribers.now).toBe(0)
  })

  it('do not render when other shows change', async () => {
    const { tracker, wrapper } = createTestTracker()
    const onRender = vi.fn()
    await renderHook(() => (onRender(), useAll()), { wrapper })
    onRender.mockClear()
    tracker.addTask({ showId, type: 'portrait', characterId: 'ada' })
    await settled()
    expect(onRender).not.toHaveBeenCalled()
  })

  it('make a call without tracking, and report it', async () => {
    const { tracker, wrapper } = createTestTracker()
    const errors: unknown[] = []
    tracker.on('error', ({ error }) => errors.push(error))
    const { result } = await renderHook(() => useAll(), { wrapper })
    expect(result.current.start()).toBe(7)
    expect(errors).toMatchObject([{ code: 'invalid_id', message: expect.stringContaining('missing showId') }])
    expect(tracker.getTasks()).toEqual([])
  })
})

describe.each([
  ['null', null],
  ['undefined', undefined],
  ['an empty text', ''],
])('useTask with %s for the item, before one is selected', (_what, nothing: string | null | undefined) => {
  it('gives no task, and follows the item as soon as it is selected', async () => {
    const { tracker, wrapper, subscribers } = createTestTracker()
    tracker.addTask({ id: 'mine', showId, type: 'portrait', characterId: 'ada', status: 'processing' })
    const useIt = (characterId = nothing) => useTask({ showId, type: 'portrait', characterId })
    const { result, rerender, unmount } = await renderHook((id?: string) => useIt(id), { wrapper })
    expect(result.current).toBeUndefined()
    await rerender('ada')
    expect(result.current?.id).toBe('mine')
    tracker.updateTask('mine', { status: 'succeeded' })
    await expect.poll(() => result.current?.status).toBe('succeeded')
    await unmount()
    expect(subscribers.now).toBe(0)
  })

  it('finds the task of a step that runs once per show', async () => {
    const { tracker, wrapper } = createTestTracker()
    tracker.addTask({ id: 'mine', showId, type: 'trailer' })
    const useAny = createHooks(tracker.pipeline as Pipeline).useTask
    const useIt = () => useAny({ showId, type: 'trailer', characterId: nothing })
    const { result } = await renderHook(useIt, { wrapper })
    expect(result.current?.id).toBe('mine')
  })

  it('knows the name of the item in another pipeline', async () => {
    const steps = [{ type: 'keyframe', label: 'Keyframes', per: 'beat' }] as const
    const pipeline = definePipeline({ id: 'storyboard', steps, extra: [{ type: 'still', per: 'beat' }] })
    const board = createHooks(pipeline)
    const tracker = createTracker({ pipeline })
    const useIt = () => [
      board.useTask({ showId, type: 'keyframe', beatId: nothing }),
      board.useTask({ showId, type: 'still', beatId: nothing }),
    ]
    const { result } = await renderHook(useIt, {
      wrapper: ({ children }) => (
        <board.PipelineProvider tracker={tracker}>{children}</board.PipelineProvider>
      ),
    })
    expect(result.current).toEqual([undefined, undefined])
  })
})
