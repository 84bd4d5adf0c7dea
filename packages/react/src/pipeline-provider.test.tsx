import { createTracker, definePipeline, isActive } from '@callsheet/core'
import { StrictMode, version } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { render, renderHook } from 'vitest-browser-react'
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
import { createTestTracker, showId } from './testing.tsx'

it('runs on the React that this project is for', () => {
  expect(version.split('.')[0]).toBe(import.meta.env['REACT_MAJOR'])
})

describe('PipelineProvider', () => {
  it('gives the tracker itself, the nearest one', async () => {
    const [outer, inner] = [createTestTracker(), createTestTracker()]
    const { result } = await renderHook(() => useTracker(), {
      wrapper: ({ children }) => (
        <PipelineProvider tracker={outer.tracker}>
          <PipelineProvider tracker={inner.tracker}>{children}</PipelineProvider>
        </PipelineProvider>
      ),
    })
    expect(result.current).toBe(inner.tracker)
  })

  it('provides for the plain hooks and those of another pipeline', async () => {
    const storyboard = definePipeline({
      id: 'b',
      steps: [{ type: 'outline', label: 'Outline', per: 'show' }],
    })
    const board = createHooks(storyboard)
    const tracker = createTracker({ pipeline: storyboard })
    const { result } = await renderHook(
      () => [usePipeline('x').steps[0]?.label, board.useStep('x', 'outline').label],
      {
        wrapper: ({ children }) => (
          <board.PipelineProvider tracker={tracker}>{children}</board.PipelineProvider>
        ),
      },
    )
    expect(result.current).toEqual(['Outline', 'Outline'])
  })

  it('is required by every hook, whose error names the hook', async () => {
    const quiet = vi.spyOn(console, 'error').mockImplementation(() => {})
    const hooks: Record<string, () => unknown> = {
      useTracker: () => useTracker(),
      usePipeline: () => usePipeline('x'),
      usePipelines: () => usePipelines(),
      useStep: () => useStep('x', 'trailer'),
      useTask: () => useTask('x'),
      useElapsed: () => useElapsed(undefined),
      useOnStepComplete: () => useOnStepComplete('x', 'trailer', () => {}),
      useTrack: () => useTrack('trailer', () => 1, { showId: 'x' }),
    }
    for (const [name, hook] of Object.entries(hooks)) {
      await expect(renderHook(hook)).rejects.toThrow(
        `${name}: missing <PipelineProvider tracker={…}> above this component`,
      )
    }
    quiet.mockRestore()
  })

  it('leaves no subscriber behind, in StrictMode too', async () => {
    const { tracker, wrapper: Provider, subscribers } = createTestTracker()
    const All = ({ id }: { readonly id: string }) => {
      const shows = usePipelines()
      const running = usePipeline(id, ({ active }) => active)
      const task = useTask({ showId: id, type: 'trailer' })
      const later = useTask('later')
      const texts = [usePipeline(id).status, useStep(id, 'portrait').status, shows.length, running]
      return <p>{[...texts, task && isActive(task), later?.status].join()}</p>
    }
    const tree = (id: string) => (
      <StrictMode>
        <Provider>
          <All id={id} />
        </Provider>
      </StrictMode>
    )
    const screen = await render(tree(showId))
    expect(subscribers.now).toBe(6)
    expect(subscribers.ever).toBe(12)
    tracker.addTask({ id: 'later', showId, type: 'trailer', status: 'processing' })
    await expect.element(screen.getByText('active,pending,1,1,true,processing')).toBeVisible()
    await screen.rerender(tree('another'))
    expect(subscribers.now).toBe(6)
    await screen.unmount()
    expect(subscribers.now).toBe(0)
  })
})
