import { createTracker, showPipeline } from '@callsheet/core'
import { expect, it, onTestFinished, vi } from 'vitest'
import { render } from 'vitest-browser-react'
import { PipelineProvider, useElapsed, useTask } from './index.ts'

/** A page with two texts that tick, of a tracker whose clock is told to go on, and the timers of a second. */
async function renderTexts(ids: readonly (string | null)[]) {
  let now = 1_000
  const tracker = createTracker({ pipeline: showPipeline, clock: () => now })
  tracker.addTask({ id: 'trailer', showId: 's', type: 'trailer', status: 'processing' })
  const [started, stopped] = [vi.spyOn(globalThis, 'setInterval'), vi.spyOn(globalThis, 'clearInterval')]
  onTestFinished(() => [started, stopped].forEach((spy) => spy.mockRestore()))
  const onRender = vi.fn()
  const Text = ({ id }: { readonly id: string | null }) => <i>{useElapsed(useTask(id))}</i>
  const App = () => (onRender(), ids.map((id) => <Text key={id} id={id} />))
  const { container } = await render(
    <PipelineProvider tracker={tracker}>
      <App />
    </PipelineProvider>,
  )
  const timers = () =>
    started.mock.calls.flatMap(([, ms], place) => (ms === 1000 ? [started.mock.results[place]!.value] : []))
  return {
    tracker,
    onRender,
    pass: (ms: number) => (now += ms),
    texts: () => [...container.querySelectorAll('i')].map((text) => text.textContent),
    timers,
    stopped: () => stopped.mock.calls.map(([timer]) => timer as unknown),
  }
}

it('counts the time of a running task in its own component, all with one timer, until the task ends', async () => {
  const { tracker, pass, texts, onRender, timers, stopped } = await renderTexts(['trailer', 'another'])
  tracker.addTask({ id: 'another', showId: 's2', type: 'trailer', status: 'processing' })
  await expect.poll(() => timers().length).toBe(1)
  pass(5_000)
  await expect.poll(texts).toEqual(['5000', '5000'])
  pass(1_000)
  await expect.poll(texts).toEqual(['6000', '6000'])
  expect(timers()).toHaveLength(1)
  pass(500)
  tracker.updateTask('trailer', { status: 'succeeded' })
  tracker.updateTask('another', { status: 'interrupted' })
  await expect.poll(texts).toEqual(['6500', '6500'])
  await expect.poll(stopped).toContain(timers()[0])
  expect(onRender).toHaveBeenCalledTimes(1)
})

it('is 0 without a task, and starts no timer', async () => {
  const { texts, timers } = await renderTexts([null])
  expect(texts()).toEqual(['0'])
  expect(timers()).toEqual([])
})
