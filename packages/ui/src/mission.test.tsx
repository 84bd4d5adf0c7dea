import { expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { playDocument, showId } from '../../../test/mission/document.ts'
import { BackgroundTasksPanel } from './panel/background-tasks-panel.tsx'
import { createFixture, faceShown, renderWith } from './fixtures.tsx'
import { ProductionPipeline } from './show/production-pipeline.tsx'

const facesOf = (types: readonly { readonly type: string }[]) => types.map(({ type }) => faceShown(type))

it("shows the state of an application's own objects, with an update under a wrong id", async () => {
  const { tracker, pass } = createFixture()
  playDocument({ tracker, now: tracker.now, pass }, { keepsId: false })
  await renderWith(
    tracker,
    <>
      <ProductionPipeline showId={showId} />
      <BackgroundTasksPanel open onOpenChange={() => {}} />
    </>,
  )
  expect(facesOf(tracker.pipeline.steps)).toEqual([
    'active',
    'succeeded',
    'succeeded',
    'succeeded',
    'failed',
    'succeeded',
    'succeeded',
    'succeeded',
  ])
  await expect.element(page.getByTestId('video').getByText('Content filter').first()).toBeInTheDocument()
  // The step that was never ended says that nothing was heard of it.
  await expect.element(page.getByText(/no sign of life/).first()).toBeInTheDocument()
})

it('shows all of them done if each task keeps its id', async () => {
  const { tracker, pass } = createFixture()
  playDocument({ tracker, now: tracker.now, pass }, { keepsId: true })
  tracker.addTask({ type: 'video', showId, characterId: 'cy', status: 'succeeded' })
  await renderWith(tracker, <ProductionPipeline showId={showId} />)
  expect(facesOf(tracker.pipeline.steps)).toEqual(Array(8).fill('succeeded'))
  await expect.element(page.getByText('8 / 8 steps complete')).toBeVisible()
})
