import { afterEach, describe, it } from 'vitest'
import { page } from 'vitest/browser'
import { BackgroundTasksPanel } from './panel/background-tasks-panel.tsx'
import { addMixedShow, addRemadeShow, createFixture, renderWith } from './fixtures.tsx'
import { LoaderBars } from './parts/loader-bars.tsx'
import { PipelineButton } from './panel/pipeline-button.tsx'
import { ProductionPipeline } from './show/production-pipeline.tsx'

const root = document.documentElement

afterEach(() => {
  delete root.dataset['callsheetTheme']
  document.body.removeAttribute('style')
})

const settle = () => new Promise((resolve) => setTimeout(resolve, 700))
const never = () => {}

// For the eye: VITE_SCREENSHOTS=1 npx vitest run --project ui screenshots
describe.runIf(import.meta.env['VITE_SCREENSHOTS']).each([
  ['dark', 1400, 900],
  ['dark', 390, 844],
  ['light', 1400, 900],
  ['light', 390, 844],
] as const)('screenshots: %s, %i x %i', (theme, width, height) => {
  const shoot = async (name: string) => {
    await settle()
    await page.screenshot({ path: `../__screenshots__/${name}-${theme}-${width}.png` })
  }
  const prepare = async () => {
    await page.viewport(width, height)
    root.dataset['callsheetTheme'] = theme
    document.body.style.cssText = `margin: 0; background: ${theme === 'dark' ? '#090909' : '#fafaf7'}; min-height: ${height}px`
    const fixture = createFixture()
    addMixedShow(fixture.tracker)
    fixture.pass(84_000)
    return fixture.tracker
  }

  it('the panel', async () => {
    await renderWith(await prepare(), <BackgroundTasksPanel open onOpenChange={never} onRetry={never} />)
    await shoot('panel')
    const content = document.querySelector('.callsheet-panel-content')!
    content.scrollTop = content.scrollHeight
    await shoot('panel-end')
  })

  it('the empty panel', async () => {
    await prepare()
    await renderWith(createFixture().tracker, <BackgroundTasksPanel open onOpenChange={never} />)
    await shoot('empty')
  })

  it('a finished show with remakes', async () => {
    await prepare()
    const { tracker, pass } = createFixture()
    addRemadeShow(tracker, pass)
    await renderWith(
      tracker,
      <div style={{ padding: 24, maxWidth: 720 }}>
        <ProductionPipeline showId="remade" onRetry={never} />
      </div>,
    )
    await shoot('remade')
    document.querySelector('.callsheet-overall')!.scrollIntoView({ block: 'end' })
    await shoot('remade-end')
  })

  it('a page with every face', async () => {
    const tracker = await prepare()
    const showId = 'rest'
    tracker.addTask({ showId, type: 'show-generation', status: 'interrupted' })
    tracker.addTask({ showId, type: 'character-seeds', status: 'canceled' })
    tracker.addTask({ showId, type: 'portrait', characterId: 'a', status: 'failed', error: 'no' })
    tracker.addTask({ showId, type: 'portrait', characterId: 'b', status: 'succeeded' })
    tracker.addTask({ showId, type: 'portrait', characterId: 'c', status: 'canceled' })
    tracker.addTask({ showId, type: 'trailer', status: 'processing', stage: 'waiting', progress: 12 })
    tracker.show(showId).setUnavailable(['library-poster'])
    await renderWith(
      tracker,
      <div style={{ padding: 24, maxWidth: 720 }}>
        <ProductionPipeline showId={showId} onRetry={never} />
        <LoaderBars size="large" />
        <PipelineButton onClick={never} />
      </div>,
    )
    await shoot('page')
  })
})
