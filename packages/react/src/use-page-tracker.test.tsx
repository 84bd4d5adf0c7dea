import { createTracker, showPipeline } from '@callsheet/core'
import { StrictMode } from 'react'
import { expect, it, vi } from 'vitest'
import { renderHook } from 'vitest-browser-react'
import { usePageTracker } from './index.ts'

it('gives the page one tracker, in StrictMode, after another mount, and to a module that was loaded again', async () => {
  const create = vi.fn(() => createTracker({ pipeline: showPipeline }))
  const useIt = () => usePageTracker(create, 'one')
  const first = await renderHook(useIt, { wrapper: StrictMode })
  await first.unmount()
  const second = await renderHook(useIt)
  const path: string = './use-page-tracker.ts?again'
  const again = (await import(/* @vite-ignore */ path)) as { readonly usePageTracker: typeof usePageTracker }
  expect(again.usePageTracker).not.toBe(usePageTracker)
  const third = await renderHook(() => again.usePageTracker(create, 'one'))
  expect(new Set([first, second, third].map(({ result }) => result.current)).size).toBe(1)
  expect(create).toHaveBeenCalledTimes(1)
})

it('tells the trackers of a page apart by name', async () => {
  const create = () => createTracker({ pipeline: showPipeline })
  const { result } = await renderHook(() => [usePageTracker(create, 'a'), usePageTracker(create, 'b')])
  expect(result.current[0]).not.toBe(result.current[1])
})
