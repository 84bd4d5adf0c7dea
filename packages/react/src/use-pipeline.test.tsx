import { createTracker, showPipeline } from '@callsheet/core'
import { Component, type ReactNode } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { render, renderHook } from 'vitest-browser-react'
import { PipelineProvider, usePipeline, usePipelines, useStep } from './index.ts'
import { createTestTracker, settled, showId } from './testing.tsx'

// The one kind of component that can still only be a class.
class ErrorBoundary extends Component<{ readonly children: ReactNode }> {
  static readonly getDerivedStateFromError = (error: Error) => ({ error })
  override readonly state: { readonly error?: Error } = {}
  override render() {
    return this.state.error ? <p role="alert">{this.state.error.message}</p> : this.props.children
  }
}

describe('usePipeline', () => {
  it('gives the view of the show, live', async () => {
    const { tracker, wrapper } = createTestTracker()
    const { result } = await renderHook(() => usePipeline(showId), { wrapper })
    expect(result.current).toBe(tracker.getPipeline(showId))
    tracker.addTask({ showId, type: 'show-generation', status: 'processing', progress: 40 })
    await expect.poll(() => result.current.step('show-generation').progress).toBe(40)
    expect(result.current).toBe(tracker.getPipeline(showId))
  })

  it('shows an unknown show as pending', async () => {
    const { wrapper } = createTestTracker()
    const { result } = await renderHook(() => usePipeline('who'), { wrapper })
    expect(result.current).toMatchObject({ showId: 'who', status: 'pending', progress: 0 })
    expect(result.current.steps.map((step) => step.status)).toEqual(Array(8).fill('pending'))
  })

  it('renders many unknown shows', async () => {
    const { wrapper, tracker } = createTestTracker()
    const onRender = vi.fn()
    const Row = ({ id }: { readonly id: string }) => {
      onRender()
      return <li>{usePipeline(id).status}</li>
    }
    const ids = Array.from({ length: 1_200 }, (_, index) => `show-${index}`)
    await render(
      ids.map((id) => <Row key={id} id={id} />),
      { wrapper },
    )
    expect(onRender).toHaveBeenCalledTimes(1_200)
    tracker.show('show-7').setTitle('Seven')
    await settled()
    expect(onRender).toHaveBeenCalledTimes(1_201)
  })

  it('follows the show id', async () => {
    const { tracker, wrapper, subscribers } = createTestTracker()
    tracker.show('b').setTitle('B')
    const { result, rerender } = await renderHook((id: string | undefined = showId) => usePipeline(id), {
      wrapper,
    })
    await rerender('b')
    expect(result.current.title).toBe('B')
    tracker.show('b').setTitle('B, again')
    await expect.poll(() => result.current.title).toBe('B, again')
    expect(subscribers.now).toBe(1)
  })

  it('follows a show to its new id', async () => {
    const { tracker, wrapper } = createTestTracker()
    const { result } = await renderHook(() => usePipeline('draft'), { wrapper })
    tracker.renameShow('draft', 'final')
    tracker.addTask({ showId: 'final', type: 'trailer', status: 'processing' })
    await expect.poll(() => result.current).toMatchObject({ showId: 'final', active: 1 })
    tracker.show('final').setTitle('Final')
    await expect.poll(() => result.current.title).toBe('Final')
  })

  it('follows another tracker', async () => {
    const [a, b] = [createTestTracker(), createTestTracker()]
    b.show.setTitle('of b')
    const Title = () => <p>{usePipeline(showId).title ?? 'none'}</p>
    const at = ({ tracker }: typeof a) => (
      <PipelineProvider tracker={tracker}>
        <Title />
      </PipelineProvider>
    )
    const screen = await render(at(a))
    await screen.rerender(at(b))
    await expect.element(screen.getByText('of b')).toBeVisible()
    expect([a.subscribers.now, b.subscribers.now]).toEqual([0, 1])
  })

  it('shows hostile ids and texts as text', async () => {
    const image = '<img src=x onerror="document.title=\'owned\'">'
    const Shown = ({ id }: { readonly id: string }) => {
      const { title, characters, steps } = usePipeline(id)
      const { errors } = useStep(id, 'portrait')
      return (
        <p>
          {[id, title, characters[0]?.name, characters[0]?.id, errors[0]?.message, steps.length].join('|')}
        </p>
      )
    }
    for (const text of ['__proto__', 'constructor', image, '👩🏽‍🚀 a b', '{{x}}', 'a/../b?c#d']) {
      const { tracker, wrapper } = createTestTracker()
      const show = tracker.show(text)
      show.setTitle(text)
      show.setCharacters([{ id: text, name: text }])
      tracker.addTask({ showId: text, type: 'portrait', characterId: text, status: 'failed', error: text })
      const { container, unmount } = await render(<Shown id={text} />, { wrapper })
      expect(container.textContent).toBe([text, text, text, text, text, 8].join('|'))
      expect(container.querySelector('img')).toBeNull()
      await unmount()
    }
    expect(document.title).not.toBe('owned')
  })
})

describe('usePipeline with a selector', () => {
  it('keeps the selection while isEqual returns true', async () => {
    const { show, tracker, wrapper } = createTestTracker()
    const onRender = vi.fn()
    const isEqual = (a: readonly string[], b: readonly string[]) => a.join() === b.join()
    const { result } = await renderHook(
      () => {
        onRender()
        return usePipeline(
          showId,
          ({ steps }) => steps.filter((s) => s.active > 0).map((s) => s.type),
          isEqual,
        )
      },
      { wrapper },
    )
    expect(onRender).toHaveBeenCalledTimes(1)
    tracker.addTask({ id: 'a', showId, type: 'trailer', status: 'processing' })
    await expect.poll(() => result.current).toEqual(['trailer'])
    expect(onRender).toHaveBeenCalledTimes(2)
    const first = result.current
    tracker.updateTask('a', { progress: 50 })
    show.setTitle('Neon Noir')
    await settled()
    expect(onRender).toHaveBeenCalledTimes(2)
    expect(result.current).toBe(first)
  })

  it('gives the same selection after an unrelated render', async () => {
    const { wrapper } = createTestTracker()
    const { result, rerender } = await renderHook(
      () =>
        usePipeline(
          showId,
          (pipeline) => ({ progress: pipeline.progress }),
          (a, b) => a.progress === b.progress,
        ),
      { wrapper },
    )
    const first = result.current
    await rerender()
    expect(result.current).toBe(first)
  })

  it('does not loop when a selector makes a new object each time', async () => {
    const { show, wrapper } = createTestTracker()
    const onRender = vi.fn()
    await renderHook(
      () => {
        onRender()
        return usePipeline(showId, (pipeline) => ({ title: pipeline.title }))
      },
      { wrapper },
    )
    expect(onRender).toHaveBeenCalledTimes(1)
    show.setTitle('a')
    await settled()
    expect(onRender).toHaveBeenCalledTimes(2)
  })

  it('uses the latest closure', async () => {
    const { wrapper, show, tracker } = createTestTracker()
    const { result, rerender } = await renderHook(
      (type: 'portrait' | 'trailer' = 'portrait') =>
        usePipeline(showId, (pipeline) => pipeline.step(type).label),
      { wrapper },
    )
    expect(result.current).toBe('Portraits')
    await rerender('trailer')
    expect(result.current).toBe('Trailer')
    show.setTitle('x')
    tracker.addTask({ showId, type: 'trailer' })
    await settled()
    expect(result.current).toBe('Trailer')
  })

  it('passes an error of the selector to the error boundary, at first and after a change', async () => {
    const quiet = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { show, wrapper } = createTestTracker()
    const Bad = ({ when }: { readonly when: string | undefined }) => (
      <p>
        {usePipeline(showId, ({ title }) => {
          if (title === when) throw new Error('the selector failed')
          return title ?? 'fine'
        })}
      </p>
    )
    const tree = (when: string | undefined) => (
      <ErrorBoundary key={when}>
        <Bad when={when} />
      </ErrorBoundary>
    )
    const screen = await render(tree(undefined), { wrapper })
    await expect.element(screen.getByRole('alert')).toHaveTextContent('the selector failed')
    await screen.rerender(tree('boom'))
    await expect.element(screen.getByText('fine')).toBeVisible()
    show.setTitle('boom')
    await expect.element(screen.getByRole('alert')).toHaveTextContent('the selector failed')
    quiet.mockRestore()
  })
})

describe('usePipelines', () => {
  it('lists the shows with work, the last begun first', async () => {
    const tracker = createTracker({ pipeline: showPipeline })
    const { result } = await renderHook(() => usePipelines(), {
      wrapper: ({ children }) => <PipelineProvider tracker={tracker}>{children}</PipelineProvider>,
    })
    expect(result.current).toEqual([])
    tracker.addTask({ showId: 'a', type: 'trailer' })
    tracker.addTask({ showId: 'b', type: 'trailer' })
    await expect.poll(() => result.current.map((show) => show.showId)).toEqual(['b', 'a'])
  })

  it('renders only when a selection from all shows changes', async () => {
    const { tracker, wrapper } = createTestTracker()
    const onRender = vi.fn()
    const { result } = await renderHook(() => (onRender(), usePipelines((shows) => shows.length)), {
      wrapper,
    })
    tracker.addTask({ id: 'one', showId: 'a', type: 'trailer', status: 'processing' })
    await expect.poll(() => result.current).toBe(1)
    onRender.mockClear()
    tracker.updateTask('one', { progress: 50 })
    tracker.addTask({ showId: 'b', type: 'trailer', status: 'processing' })
    await expect.poll(() => result.current).toBe(2)
    expect(onRender).toHaveBeenCalledTimes(1)
  })
})
