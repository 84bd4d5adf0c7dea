import { definePipeline } from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'
import { PipelineProvider } from '@callsheet/react'
import { Profiler, StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { page } from 'vitest/browser'
import { addMixedShow, cardOf, createFixture, faceShown, renderWith } from '../fixtures.tsx'
import { MessagesProvider } from '../messages/messages-provider.tsx'
import { ProductionPipeline } from './production-pipeline.tsx'

afterEach(() => vi.useRealTimers())

describe('ProductionPipeline', () => {
  it('shows every step of an unknown show as pending', async () => {
    const { tracker } = createFixture()
    await renderWith(tracker, <ProductionPipeline showId="unknown" />)
    const faces = tracker.pipeline.steps.map(({ type }) => faceShown(type))
    expect(faces).toEqual([
      ...Array<string>(4).fill('pending'),
      'optional',
      ...Array<string>(3).fill('pending'),
    ])
    await expect.element(page.getByText('0 / 7 steps complete')).toBeVisible()
  })

  it.each([[null], [undefined]])(
    'shows a pending pipeline for %s, and the show once it exists',
    async (nothing) => {
      const { tracker } = createFixture()
      addMixedShow(tracker, 'mine')
      const screen = await renderWith(tracker, <ProductionPipeline showId={nothing} />)
      expect(tracker.pipeline.steps.map(({ type }) => faceShown(type))).not.toContain('active')
      await expect.element(page.getByText('0 / 7 steps complete')).toBeVisible()
      await screen.rerender(<ProductionPipeline showId="mine" />)
      await expect.element(page.getByRole('group', { name: 'Visual Show' })).toBeVisible()
      expect(faceShown('show-generation')).toBe('succeeded')
    },
  )

  it('gives each state a face and a word', async () => {
    const { tracker } = createFixture()
    const showId = 'faces'
    tracker.addTask({ showId, type: 'show-generation', status: 'succeeded' })
    tracker.addTask({ showId, type: 'character-seeds', status: 'failed', error: 'no' })
    tracker.addTask({ showId, type: 'portrait-grid', status: 'interrupted' })
    tracker.addTask({ showId, type: 'library-poster', status: 'canceled' })
    tracker.addTask({ showId, type: 'trailer', status: 'starting' })
    tracker.show(showId).setUnavailable(['portrait'])
    await renderWith(tracker, <ProductionPipeline showId={showId} />)
    const shown = Object.fromEntries(
      tracker.pipeline.steps.map(({ type }) => [
        type,
        [faceShown(type), cardOf(type).innerText.split('\n')[1]],
      ]),
    )
    expect(shown).toEqual({
      'show-generation': ['succeeded', 'Succeeded'],
      'character-seeds': ['failed', 'Failed'],
      'character-dossier': ['pending', undefined],
      portrait: ['unavailable', 'Unavailable'],
      video: ['optional', 'Optional'],
      'portrait-grid': ['interrupted', 'Interrupted'],
      'library-poster': ['canceled', 'Canceled'],
      trailer: ['active', 'In Progress...'],
    })
    await expect.element(page.getByRole('img', { name: 'Pending' })).toBeInTheDocument()
  })

  it('counts slots, and does not mark a step as done when two of seven are', async () => {
    const { tracker } = createFixture()
    const show = tracker.show('seven')
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    show.setCharacters(ids.map((id) => ({ id })))
    for (const characterId of ids.slice(0, 2)) {
      tracker.addTask({ showId: 'seven', type: 'portrait', characterId, status: 'succeeded' })
    }
    await renderWith(tracker, <ProductionPipeline showId="seven" />)
    const card = page.getByTestId('portrait')
    await expect.element(card.getByText('2 of 7 complete')).toBeVisible()
    expect(faceShown('portrait')).toBe('pending')
    // The slots' own marks stand in the closed disclosure; the card's mark is in its head.
    expect(cardOf('portrait').querySelector('.callsheet-step-head .lucide-circle-check')).toBeNull()
    const bar = card.getByRole('progressbar', { name: 'Portraits progress' })
    await expect.element(bar).toHaveAttribute('aria-valuenow', '28')

    for (const characterId of ids.slice(2)) {
      tracker.addTask({ showId: 'seven', type: 'portrait', characterId, status: 'succeeded' })
    }
    await expect.element(card.getByText('7 of 7 complete')).toBeVisible()
    expect(faceShown('portrait')).toBe('succeeded')
    expect(cardOf('portrait').querySelector('.callsheet-step-head .lucide-circle-check')).not.toBeNull()
  })

  it('shows the state of each character while one is active', async () => {
    const { tracker, pass } = createFixture()
    addMixedShow(tracker)
    pass(65_000)
    await renderWith(tracker, <ProductionPipeline showId="visual" />)
    const card = page.getByTestId('portrait')
    await expect.element(card.getByText('1 in progress')).toBeVisible()
    await expect.element(card.getByText('1 failed')).toBeVisible()
    await expect.element(card.getByText('upscaling')).toBeVisible()
    await expect.element(card.getByText('1m 05s')).toBeVisible()
    const bar = card.getByRole('progressbar', { name: 'Portraits, Bo progress' })
    await expect.element(bar).toHaveAttribute('aria-valuenow', '60')
    expect(
      [...cardOf('portrait').querySelectorAll<HTMLElement>('.callsheet-slot')].map(
        (row) => row.dataset['face'],
      ),
    ).toEqual(['succeeded', 'active', 'failed'])

    tracker.updateTask('visual-bo', { status: 'succeeded' })
    await expect.element(card.getByText('upscaling')).not.toBeInTheDocument()
    await card.getByText('By character').click()
    await expect.element(card.getByText('Bo', { exact: true })).toBeVisible()
  })

  it('shows errors as text, whatever they contain', async () => {
    const { tracker } = createFixture()
    const hostile =
      '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> javascript:alert(1) \u202E{{x}}'
    tracker.show('h').setCharacters([{ id: '__proto__', name: '<b>Ada</b>' }])
    tracker.show('h').setTitle('<i>title</i>')
    tracker.addTask({
      showId: 'h',
      type: 'portrait',
      characterId: '__proto__',
      status: 'failed',
      error: hostile,
    })
    tracker.addTask({ showId: 'h', type: 'trailer', status: 'processing', stage: hostile })
    const { container } = await renderWith(tracker, <ProductionPipeline showId="h" />)
    expect(cardOf('portrait').querySelector('.callsheet-error-text')?.textContent).toBe(
      `<b>Ada</b>: ${hostile}`,
    )
    expect(cardOf('trailer').querySelector('.callsheet-stage-text')?.textContent).toBe(hostile)
    await expect.element(page.getByRole('heading', { name: '<i>title</i>' })).toBeVisible()
    expect(container.querySelector('img, script, b, i, a')).toBeNull()
    expect('hacked' in window).toBe(false)
  })

  it('calls onRetry for the failed slot', async () => {
    const { tracker } = createFixture()
    addMixedShow(tracker)
    const onRetry = vi.fn()
    await renderWith(tracker, <ProductionPipeline showId="visual" onRetry={onRetry} />)
    await page.getByRole('button', { name: 'Retry Portraits for Cy' }).click()
    await page.getByRole('button', { name: 'Retry Character Seeds' }).click()
    const { id } = tracker.getTasks({ showId: 'visual', type: 'portrait', characterId: 'cy' })[0]!
    expect(onRetry.mock.calls).toEqual([
      [{ showId: 'visual', type: 'portrait', characterId: 'cy', taskId: id }],
      [{ showId: 'visual', type: 'character-seeds', taskId: 'visual-seeds' }],
    ])
  })

  it('collapses and expands its steps', async () => {
    const { tracker } = createFixture()
    addMixedShow(tracker)
    await renderWith(tracker, <ProductionPipeline showId="visual" />)
    const header = page.getByRole('button', { name: /Visual Show/ })
    await expect.element(header).toHaveAttribute('aria-expanded', 'true')
    await header.click()
    await expect.element(header).toHaveAttribute('aria-expanded', 'false')
    await expect.element(page.getByText('Overall Progress')).not.toBeInTheDocument()
    expect(document.querySelector('.callsheet-step')).toBeNull()
    await header.click()
    await expect.element(page.getByText('Overall Progress')).toBeVisible()
  })

  it('has no button if it is not collapsible', async () => {
    const { tracker } = createFixture()
    await renderWith(tracker, <ProductionPipeline showId="s" title="Mine" collapsible={false} />)
    await expect.element(page.getByRole('heading', { name: /Mine/ })).toBeVisible()
    expect(document.querySelector('button')).toBeNull()
  })

  it('shows the overall progress', async () => {
    const { tracker } = createFixture()
    addMixedShow(tracker)
    await renderWith(tracker, <ProductionPipeline showId="visual" />)
    const { progress } = tracker.getPipeline('visual')
    await expect.element(page.getByText(`1 / 7 steps · ${progress}%`)).toBeVisible()
    const bar = page.getByRole('progressbar', { name: 'Overall Progress' })
    await expect.element(bar).toHaveAttribute('aria-valuenow', String(progress))
  })

  it('renders only the durations each second', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { tracker, pass } = createFixture()
    addMixedShow(tracker)
    const cards = vi.fn(() => null)
    const commits = vi.fn()
    const { container, unmount } = await renderWith(
      tracker,
      <Profiler id="pipeline" onRender={commits}>
        <ProductionPipeline showId="visual" renderStepExtra={cards} />
      </Profiler>,
    )
    const changed: Node[] = []
    const observer = new MutationObserver((records) => changed.push(...records.map(({ target }) => target)))
    observer.observe(container, { subtree: true, childList: true, characterData: true, attributes: true })
    const [before, committed] = [cards.mock.calls.length, commits.mock.calls.length]
    expect(vi.getTimerCount()).toBe(1)
    for (let second = 0; second < 3; second += 1) {
      pass(1000)
      vi.advanceTimersByTime(1000)
      await Promise.resolve()
    }
    await expect.element(page.getByTestId('trailer').getByText('3s')).toBeVisible()
    expect(commits.mock.calls.length - committed).toBe(3)
    expect(cards.mock.calls.length - before).toBe(0)
    const places = changed.map((node) => (node instanceof Element ? node : node.parentElement)?.className)
    expect(new Set(places)).toEqual(new Set(['callsheet-elapsed']))

    await unmount()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('renders one card when one step changes', async () => {
    const { tracker } = createFixture()
    addMixedShow(tracker)
    const cards = vi.fn<(step: { readonly type: string }) => null>(() => null)
    await renderWith(tracker, <ProductionPipeline showId="visual" renderStepExtra={cards} />)
    cards.mockClear()
    tracker.updateTask('visual-bo', { progress: 80 })
    const bar = page.getByRole('progressbar', { name: 'Portraits, Bo progress' })
    await expect.element(bar).toHaveAttribute('aria-valuenow', '80')
    expect(cards.mock.calls.map(([step]) => step.type)).toEqual(['portrait'])
  })

  it('marks a stale task', async () => {
    const { tracker, pass } = createFixture()
    tracker.addTask({ showId: 's', type: 'show-generation', status: 'processing' })
    pass(121_000)
    await renderWith(tracker, <ProductionPipeline showId="s" />)
    await expect.element(page.getByText('2m 01s · no sign of life')).toBeVisible()
  })

  it('announces completions and failures politely, once each', async () => {
    const { tracker } = createFixture()
    addMixedShow(tracker)
    await renderWith(
      tracker,
      <StrictMode>
        <ProductionPipeline showId="visual" />
      </StrictMode>,
    )
    const region = page.getByRole('status')
    await expect.element(region).toHaveAttribute('aria-live', 'polite')
    expect(region.element().textContent).toBe('')
    const said: string[] = []
    const observer = new MutationObserver(() => said.push(region.element().textContent ?? ''))
    observer.observe(region.element(), { subtree: true, childList: true, characterData: true })
    tracker.updateTask('visual-bo', { progress: 70 })
    tracker.updateTask('visual-bo', { status: 'failed', error: 'Out of credit' })
    tracker.updateTask('visual-trailer', { status: 'succeeded' })
    await expect.element(region).toHaveTextContent('Visual Show: Trailer is done.')
    await expect.element(region).toHaveTextContent('Visual Show: Portraits for Bo failed. Out of credit')
    expect(said).toHaveLength(1)
  })

  it('does not announce a failure that is retried', async () => {
    const { tracker } = createFixture()
    addMixedShow(tracker)
    await renderWith(tracker, <ProductionPipeline showId="visual" />)
    tracker.updateTask('visual-bo', { status: 'failed', error: 'Busy' })
    tracker.updateTask('visual-bo', { status: 'processing' })
    tracker.updateTask('visual-trailer', { status: 'succeeded' })
    await expect.element(page.getByRole('status')).toHaveTextContent('Visual Show: Trailer is done.')
    expect(page.getByRole('status').element().textContent).not.toContain('Busy')
  })

  it('renders on a server with the durations of the snapshot', () => {
    const { tracker, pass } = createFixture()
    addMixedShow(tracker)
    pass(65_000)
    const html = renderToString(
      <PipelineProvider tracker={tracker} serverSnapshot={parseSnapshot(tracker.serialize())}>
        <ProductionPipeline showId="visual" />
      </PipelineProvider>,
    )
    expect(html).toContain('Visual Show')
    expect(html).toContain('upscaling')
    expect(html).toMatch(/callsheet-elapsed"[^>]*>1m 0?5s/)
  })

  it('shows any pipeline with any texts and names of steps, where an inner provider adds to an outer one', async () => {
    const { tracker } = createFixture(
      definePipeline({
        id: 'storyboard',
        steps: [
          { type: 'outline', label: 'Outline', per: 'show', icon: '__proto__' },
          { type: 'keyframe', label: 'Keyframes', per: 'beat', after: ['outline'] },
        ],
      }),
    )
    tracker.addTask({ showId: 's', type: 'keyframe', beatId: 'one', status: 'processing' })
    await renderWith(
      tracker,
      <MessagesProvider locale="de" messages={{ inProgress: '{n} in Arbeit', completeOf: 'replaced' }}>
        <MessagesProvider
          messages={{ labels: { keyframe: 'Porträts' }, completeOf: '{completed} von {total}' }}
        >
          <ProductionPipeline showId="s" />
        </MessagesProvider>
      </MessagesProvider>,
    )
    const card = page.getByTestId('keyframe')
    await expect.element(card.getByText('1 in Arbeit')).toBeVisible()
    await expect.element(card.getByText('By beat')).toBeVisible()
    await expect.element(card.getByText('Porträts')).toBeVisible()
    await expect.element(card.getByText('0 von 1')).toBeVisible()
    await expect.element(card.getByRole('progressbar', { name: 'Porträts progress' })).toBeVisible()
    expect(cardOf('outline').querySelector('.lucide-circle')).not.toBeNull()
  })
})
