import { createTracker, definePipeline } from '@callsheet/core'
import { createDurations, eta } from '@callsheet/core/eta'
import { expect, it } from 'vitest'
import { renderHook } from 'vitest-browser-react'
import { createHooks, type ShowId } from './index.ts'
import { useEta } from './use-eta.ts'

const pipeline = definePipeline({
  id: 'short',
  steps: [{ type: 'outline', label: 'Outline', per: 'show' }],
})
const { PipelineProvider } = createHooks(pipeline)

it('estimates what is left of a show, and counts down while it runs', async () => {
  let now = 1_000
  const durations = createDurations()
  const tracker = createTracker({ pipeline, durations, clock: () => now })
  for (let index = 0; index < 20; index += 1) {
    const { id } = tracker.addTask({ showId: `show-${index}`, type: 'outline', status: 'processing' })!
    now += 20_000 + index * 100
    tracker.updateTask(id, { status: 'succeeded' })
  }
  const { result, rerender } = await renderHook((show: ShowId = null) => useEta(show, durations), {
    wrapper: ({ children }) => <PipelineProvider tracker={tracker}>{children}</PipelineProvider>,
  })
  expect(result.current).toBeUndefined()
  tracker.addTask({ id: 'mine', showId: 'mine', type: 'outline', status: 'processing' })
  await rerender('mine')
  const first = result.current!
  expect(first).toEqual(eta(tracker.getPipeline('mine'), now, { pipeline, durations }))
  expect(first.path).toEqual(['outline'])
  now += 10_000
  await expect.poll(() => result.current?.from).toBeLessThan(first.from - 9_000)
  tracker.updateTask('mine', { status: 'succeeded' })
  await expect.poll(() => result.current).toBeUndefined()
})
