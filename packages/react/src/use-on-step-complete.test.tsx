import { type ReactNode, StrictMode } from 'react'
import { expect, it, vi } from 'vitest'
import { renderHook } from 'vitest-browser-react'
import { PipelineProvider, type ShowId, useOnStepComplete } from './index.ts'
import { createTestTracker, showId } from './testing.tsx'

function createListening() {
  const { tracker: inner } = createTestTracker()
  const on = vi.fn(inner.on)
  const tracker = { ...inner, on: on as typeof inner.on }
  const told: string[] = []
  const onRender = vi.fn()
  const useIt = ({ show, name }: { show: ShowId; name: string } = { show: showId, name: 'first' }) => {
    onRender()
    useOnStepComplete(show, 'portrait', ({ showId: id, type, step }) =>
      told.push(`${name}: ${id} ${type} ${step.completed}`),
    )
  }
  const wrapper = ({ children }: { readonly children: ReactNode }) => (
    <StrictMode>
      <PipelineProvider tracker={tracker}>{children}</PipelineProvider>
    </StrictMode>
  )
  const finish = (characterId: string, show = showId) =>
    tracker.addTask({ showId: show, type: 'portrait', characterId, status: 'succeeded' })
  return { tracker, on, told, onRender, useIt, wrapper, finish }
}

it('calls the handler of the latest render when the step is complete, without subscribing again', async () => {
  const { tracker, on, told, onRender, useIt, wrapper, finish } = createListening()
  const { rerender, unmount } = await renderHook(useIt, { wrapper })
  const subscribed = on.mock.calls.length
  await rerender({ show: showId, name: 'second' })
  onRender.mockClear()
  finish('ada')
  tracker.addTask({ showId, type: 'trailer', status: 'succeeded' })
  expect(told).toEqual([])
  finish('bo')
  expect(told).toEqual([`second: ${showId} portrait 2`])
  expect(on).toHaveBeenCalledTimes(subscribed)
  expect(onRender).not.toHaveBeenCalled()
  await unmount()
  tracker.show(showId).setCharacters([{ id: 'ada' }, { id: 'bo' }, { id: 'cy' }])
  finish('cy')
  expect(told).toHaveLength(1)
})

it('waits for a show that does not exist yet, and follows it to its new id', async () => {
  const { tracker, told, useIt, wrapper, finish } = createListening()
  const { rerender } = await renderHook(useIt, {
    wrapper,
    initialProps: { show: null as ShowId, name: 'it' },
  })
  finish('ada')
  await rerender({ show: showId, name: 'it' })
  tracker.renameShow(showId, 'final')
  tracker.show('other').setCharacters([{ id: 'ada' }])
  finish('ada', 'other')
  expect(told).toEqual([])
  finish('bo', 'final')
  expect(told).toEqual(['it: final portrait 2'])
})
