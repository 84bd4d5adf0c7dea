import { expect, it, vi } from 'vitest'
import { renderHook } from 'vitest-browser-react'
import { useStep } from './index.ts'
import { createTestTracker, showId } from './testing.tsx'

it('gives the view of the step, and follows its type', async () => {
  const { tracker, wrapper, subscribers } = createTestTracker()
  const { result, rerender } = await renderHook(
    (type: 'portrait' | 'trailer' = 'portrait') => useStep(showId, type),
    { wrapper },
  )
  expect(result.current).toMatchObject({ label: 'Portraits', total: 2 })
  await rerender('trailer')
  expect(result.current.label).toBe('Trailer')
  tracker.addTask({ showId, type: 'trailer', status: 'processing' })
  await expect.poll(() => result.current.status).toBe('active')
  expect(subscribers.now).toBe(1)
})

it('is called for its own step only', async () => {
  const { tracker, wrapper } = createTestTracker()
  const getPipeline = vi.spyOn(tracker, 'getPipeline')
  await renderHook(() => useStep(showId, 'portrait'), { wrapper })
  getPipeline.mockClear()
  for (let index = 0; index < 10; index += 1)
    tracker.addTask({ showId, type: 'trailer', status: 'processing' })
  expect(getPipeline).not.toHaveBeenCalled()
  tracker.addTask({ showId, type: 'portrait', characterId: 'ada' })
  expect(getPipeline).toHaveBeenCalled()
})

it('names the known steps in the error for an unknown step', async () => {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { wrapper } = createTestTracker()
  const misspelt = 'portrat' as 'portrait'
  await expect(renderHook(() => useStep(showId, misspelt), { wrapper })).rejects.toThrow(
    /Unknown step "portrat". Known steps: show-generation/,
  )
  quiet.mockRestore()
})
