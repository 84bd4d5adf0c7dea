import { StrictMode, useEffect, useLayoutEffect } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { render, renderHook } from 'vitest-browser-react'
import { useStep, useTrack } from './index.ts'
import { createTestTracker, showId } from './testing.tsx'

describe('useTrack', () => {
  it('returns what the function returns, and tracks it', async () => {
    const { tracker, wrapper } = createTestTracker()
    const promise = Promise.resolve('painted')
    const { result } = await renderHook(
      () =>
        useTrack(
          'portrait',
          (_id: string) => promise,
          (characterId) => ({ showId, characterId }),
        ),
      { wrapper },
    )
    expect(result.current('ada')).toBe(promise)
    await promise
    expect(tracker.has({ showId, type: 'portrait', characterId: 'ada' }, 'done')).toBe(true)
    expect(tracker.has({ showId, type: 'portrait', characterId: 'bo' }, 'tried')).toBe(false)
  })

  it('stays synchronous, and throws what the function throws', async () => {
    const { tracker, wrapper } = createTestTracker()
    const failure = new Error('no paint')
    const { result } = await renderHook(
      () =>
        useTrack(
          'trailer',
          (isFine: boolean) => {
            if (!isFine) throw failure
            return 7
          },
          { showId },
        ),
      { wrapper },
    )
    expect(result.current(true)).toBe(7)
    expect(() => result.current(false)).toThrow(failure)
    expect(tracker.getPipeline(showId).step('trailer').errors[0]?.message).toBe('no paint')
  })

  it('stays the same function, and calls the latest function with the latest options', async () => {
    const { tracker, wrapper } = createTestTracker()
    const { result, rerender } = await renderHook(
      ({ word, to }: { word: string; to: string } = { word: 'first', to: 'ada' }) =>
        useTrack('portrait', (n: number) => `${word} ${n}`, { showId, characterId: to }),
      { wrapper },
    )
    const { current: first } = result
    expect(first(1)).toBe('first 1')
    await rerender({ word: 'second', to: 'bo' })
    expect(result.current).toBe(first)
    expect(first(2)).toBe('second 2')
    expect(tracker.getTasks({ showId }).map((task) => task.characterId)).toEqual(['bo', 'ada'])
  })

  it('is up to date in the very first layout effect after a render', async () => {
    const { wrapper } = createTestTracker()
    const seen: string[] = []
    const Child = ({ go }: { readonly go: () => string }) => {
      useLayoutEffect(() => void seen.push(go()))
      return null
    }
    const Parent = ({ word }: { readonly word: string }) => (
      <Child go={useTrack('trailer', () => word, { showId })} />
    )
    const screen = await render(<Parent word="a" />, { wrapper })
    await screen.rerender(<Parent word="b" />)
    expect(seen).toEqual(['a', 'b'])
  })

  it('calls the function even if the options are invalid, and reports them', async () => {
    const { tracker, wrapper } = createTestTracker()
    const errors: string[] = []
    tracker.on('error', ({ error }) => errors.push(error.message))
    const { result } = await renderHook(
      () => ({
        noShow: useTrack('trailer', () => 1, { showId: null }),
        throwing: useTrack(
          'trailer',
          () => 2,
          () => {
            throw new Error('no options')
          },
        ),
        misspelt: useTrack('trailr' as 'trailer', () => 3, { showId }),
      }),
      { wrapper },
    )
    const { noShow, throwing, misspelt } = result.current
    expect([noShow(), throwing(), misspelt()]).toEqual([1, 2, 3])
    expect(errors).toEqual([
      'useTrack: missing showId. The call of "trailer" is made without tracking.',
      'no options',
      ...Array(errors.length - 2).fill(expect.stringContaining('Unknown step "trailr"')),
    ])
    expect(tracker.getTasks()).toEqual([])
  })

  it('passes the options of track on', async () => {
    const { tracker, wrapper } = createTestTracker()
    const { result } = await renderHook(
      () =>
        useTrack('library-poster', async () => ({ url: '/poster.png' }), {
          showId,
          id: 'poster',
          stage: 'sketching',
          result: ({ url }) => ({ outputUrl: url }),
        }),
      { wrapper },
    )
    const running = result.current()
    expect(tracker.getTask('poster')?.stage).toBe('sketching')
    await running
    expect(tracker.getTask('poster')?.outputUrl).toBe('/poster.png')
  })

  it('starts the work once in StrictMode, since the second effect joins the first', async () => {
    const { tracker, wrapper: Provider, subscribers } = createTestTracker()
    const paint = vi.fn(() => new Promise<string>(() => {}))
    const onEffect = vi.fn()
    const Portrait = () => {
      const start = useTrack('portrait', paint, { showId, characterId: 'ada' })
      useEffect(() => {
        onEffect()
        void start()
      }, [start])
      return <p>{useStep(showId, 'portrait').status}</p>
    }
    const screen = await render(
      // React 19 plays mounting twice only below a StrictMode at the root.
      <StrictMode>
        <Provider>
          <Portrait />
        </Provider>
      </StrictMode>,
    )
    await expect.element(screen.getByText('active')).toBeVisible()
    expect(onEffect).toHaveBeenCalledTimes(2)
    expect(paint).toHaveBeenCalledTimes(1)
    expect(tracker.getTasks()).toHaveLength(1)
    await screen.unmount()
    expect(subscribers.now).toBe(0)
    // Leaving a page does not throw paid work away.
    expect(tracker.has({ showId, type: 'portrait', characterId: 'ada' }, 'running')).toBe(true)
  })
})
