import { createTracker, definePipeline } from '@callsheet/core'
import { describe, expect, it, vi } from 'vitest'
import { renderHook } from 'vitest-browser-react'
import { createHooks, useTask } from './index.ts'
import { createTestTracker, settled, showId } from './testing.tsx'

const storyboard = definePipeline({
  id: 'storyboard',
  steps: [
    { type: 'outline', label: 'Outline', per: 'show' },
    { type: 'keyframe', label: 'Keyframes', per: 'beat', after: ['outline'] },
  ],
  extra: [{ type: 'zip' }, { type: 'still', per: 'beat' }],
})
const board = createHooks(storyboard)

function createBoard() {
  const tracker = createTracker({ pipeline: storyboard })
  const wrapper = ({ children }: { readonly children: React.ReactNode }) => (
    <board.PipelineProvider tracker={tracker}>{children}</board.PipelineProvider>
  )
  return { tracker, wrapper }
}

describe('useTask with an id', () => {
  it('finds the task once it exists, follows it, and drops it when it is dismissed', async () => {
    const { tracker, wrapper, subscribers } = createTestTracker()
    const { result } = await renderHook(() => useTask('mine'), { wrapper })
    expect(result.current).toBeUndefined()
    tracker.addTask({ id: 'mine', showId, type: 'trailer', status: 'processing' })
    await expect.poll(() => result.current?.status).toBe('processing')
    tracker.updateTask('mine', { status: 'succeeded' })
    await expect.poll(() => result.current?.status).toBe('succeeded')
    tracker.dismiss('mine')
    await expect.poll(() => result.current).toBeUndefined()
    expect(subscribers.now).toBe(1)
  })

  it('is not called for other shows once its task is known', async () => {
    const { tracker, wrapper } = createTestTracker()
    tracker.addTask({ id: 'mine', showId, type: 'trailer' })
    const getTask = vi.spyOn(tracker, 'getTask')
    await renderHook(() => useTask('mine'), { wrapper })
    getTask.mockClear()
    tracker.addTask({ showId: 'another', type: 'trailer' })
    expect(getTask).not.toHaveBeenCalled()
  })
})

describe('useTask with a slot', () => {
  it('gives the newest task of the slot', async () => {
    const { tracker, wrapper } = createTestTracker()
    const onRender = vi.fn()
    const { result } = await renderHook(
      () => {
        onRender()
        return useTask({ showId, type: 'portrait', characterId: 'ada' })
      },
      { wrapper },
    )
    tracker.addTask({ id: 'first', showId, type: 'portrait', characterId: 'ada', status: 'failed' })
    await expect.poll(() => result.current?.id).toBe('first')
    tracker.addTask({ id: 'second', showId, type: 'portrait', characterId: 'ada' })
    await expect.poll(() => result.current?.id).toBe('second')
    const renders = onRender.mock.calls.length
    tracker.addTask({ showId, type: 'portrait', characterId: 'bo' })
    await settled()
    expect(onRender).toHaveBeenCalledTimes(renders)
  })

  it('takes no item for a step that runs once per show', async () => {
    const { tracker, wrapper } = createTestTracker()
    const { result } = await renderHook(() => useTask({ showId, type: 'trailer' }), { wrapper })
    tracker.addTask({ id: 'mine', showId, type: 'trailer' })
    await expect.poll(() => result.current?.id).toBe('mine')
  })

  it('follows a slot from one item to the next', async () => {
    const { tracker, wrapper } = createTestTracker()
    tracker.addTask({ id: 'of-ada', showId, type: 'video', characterId: 'ada' })
    tracker.addTask({ id: 'of-bo', showId, type: 'video', characterId: 'bo' })
    const { result, rerender } = await renderHook(
      (characterId: string | undefined = 'ada') => useTask({ showId, type: 'video', characterId }),
      { wrapper },
    )
    expect(result.current?.id).toBe('of-ada')
    await rerender('bo')
    expect(result.current?.id).toBe('of-bo')
  })

  it("takes the item by the pipeline's own name", async () => {
    const { tracker, wrapper } = createBoard()
    const { result } = await renderHook(
      () => board.useTask({ showId: 's', type: 'keyframe', beatId: 'opening' }),
      { wrapper },
    )
    tracker.addTask({ id: 'k', showId: 's', type: 'keyframe', beatId: 'opening' })
    await expect.poll(() => result.current?.id).toBe('k')
  })

  it('finds tasks that are in no step', async () => {
    const { tracker, wrapper } = createBoard()
    const zip = await renderHook(() => board.useTask({ showId: 's', type: 'zip' }), { wrapper })
    const still = await renderHook(() => board.useTask({ showId: 's', type: 'still', beatId: 'b' }), {
      wrapper,
    })
    tracker.addTask({ id: 'z', showId: 's', type: 'zip' })
    tracker.addTask({ id: 'x', showId: 's', type: 'still', beatId: 'a' })
    tracker.addTask({ id: 'y', showId: 's', type: 'still', beatId: 'b' })
    await expect.poll(() => [zip.result.current?.id, still.result.current?.id]).toEqual(['z', 'y'])
  })
})
