import { createTracker, showPipeline, type ShowPipeline, type Tracker } from '@callsheet/core'
import type { ReactNode } from 'react'
import { PipelineProvider } from './index.ts'

export const showId = 'neon-noir'
export const stepTypes = showPipeline.steps.map((step) => step.type)

/** A tracker that counts its subscribers, and knows two characters. */
export function createTestTracker() {
  let time = 1_000
  let taskNumber = 0
  const inner = createTracker({
    pipeline: showPipeline,
    by: 'test',
    clock: () => (time += 10),
    createId: () => `task-${(taskNumber += 1)}`,
  })
  inner.show(showId).setCharacters([{ id: 'ada', name: 'Ada' }, { id: 'bo' }])
  const subscribers = { now: 0, ever: 0 }
  const tracker: Tracker<ShowPipeline> = {
    ...inner,
    subscribe(listener, key) {
      subscribers.now += 1
      subscribers.ever += 1
      const undo = inner.subscribe(listener, key)
      return () => {
        subscribers.now -= 1
        undo()
      }
    },
  }
  const wrapper = ({ children }: { readonly children: ReactNode }) => (
    <PipelineProvider tracker={tracker}>{children}</PipelineProvider>
  )
  return { tracker, show: tracker.show(showId), subscribers, wrapper }
}

/** Lets React finish what a change of the tracker began. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 20))
