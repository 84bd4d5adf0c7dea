import axe from 'axe-core'
import { afterEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { BackgroundTasksPanel } from './panel/background-tasks-panel.tsx'
import { addMixedShow, createFixture, renderWith } from './fixtures.tsx'
import { LoaderBars } from './parts/loader-bars.tsx'
import { PipelineButton } from './panel/pipeline-button.tsx'
import { ProductionPipeline } from './show/production-pipeline.tsx'

const root = document.documentElement

afterEach(() => {
  delete root.dataset['callsheetTheme']
  document.body.removeAttribute('style')
})

/** Every face, stage texts, retry buttons, a stale task and an unfolded list of finished slots. */
function addEverything() {
  const { tracker, pass } = createFixture()
  addMixedShow(tracker)
  const showId = 'rest'
  tracker.show(showId).setTitle('The Rest')
  tracker.addTask({ showId, type: 'show-generation', status: 'interrupted' })
  tracker.addTask({ showId, type: 'character-seeds', status: 'canceled' })
  tracker.addTask({ showId, type: 'portrait', characterId: 'a', status: 'failed', error: 'no' })
  tracker.addTask({ showId, type: 'portrait', characterId: 'b', status: 'succeeded' })
  tracker.addTask({ showId, type: 'portrait', characterId: 'c', status: 'canceled' })
  tracker.addTask({ showId, type: 'trailer', status: 'processing', stage: 'waiting', progress: 12 })
  tracker.show(showId).setUnavailable(['library-poster'])
  pass(10_000_000)
  return tracker
}

async function violations() {
  // Slides and fades at rest, so that colors are what they will be.
  await Promise.all(
    document
      .getAnimations()
      .flatMap((one) => (one.effect?.getTiming().iterations === Infinity ? [] : one.finished)),
  )
  const { violations: found, passes } = await axe.run(document, {
    resultTypes: ['violations', 'passes'],
    // The page around the components is a bare test page.
    rules: {
      region: { enabled: false },
      'page-has-heading-one': { enabled: false },
      'landmark-one-main': { enabled: false },
    },
  })
  expect(passes.map(({ id }) => id)).toContain('color-contrast')
  return found.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ target, failureSummary }) => `${String(target)} ${failureSummary}`).join('; ')}`,
  )
}

describe.each([
  ['dark', '#090909'],
  ['light', '#fafaf7'],
])('in the %s theme', (theme, background) => {
  const setTheme = () => {
    root.dataset['callsheetTheme'] = theme
    document.body.style.background = background
  }

  it('the open panel has no violations', async () => {
    setTheme()
    await renderWith(
      addEverything(),
      <BackgroundTasksPanel open onOpenChange={() => {}} onRetry={() => {}} />,
    )
    await expect.element(page.getByRole('dialog')).toBeVisible()
    for (const toggle of document.querySelectorAll('.callsheet-slots-toggle[aria-expanded=false]'))
      (toggle as HTMLElement).click()
    expect(await violations()).toEqual([])
  })

  it('the empty panel has no violations', async () => {
    setTheme()
    await renderWith(createFixture().tracker, <BackgroundTasksPanel open onOpenChange={() => {}} />)
    await expect.element(page.getByText('No Shows Yet')).toBeVisible()
    expect(await violations()).toEqual([])
  })

  it('pipeline, button and loader on a page have no violations', async () => {
    setTheme()
    await renderWith(
      addEverything(),
      <>
        <ProductionPipeline showId="visual" onRetry={() => {}} />
        <ProductionPipeline showId="rest" collapsible={false} />
        <LoaderBars />
        <PipelineButton onClick={() => {}} />
      </>,
    )
    expect(await violations()).toEqual([])
  })
})
