import { describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { addRemadeShow, cardOf, createFixture, faceShown, renderWith, rowsOf } from './fixtures.tsx'
import { ProductionPipeline } from './show/production-pipeline.tsx'

const showId = 'remade'
const never = () => {}

async function setup() {
  const { tracker, pass } = createFixture()
  addRemadeShow(tracker, pass, showId)
  await renderWith(tracker, <ProductionPipeline showId={showId} onRetry={never} />)
  return { tracker, pass }
}

const linesOf = (type: string) => cardOf(type).innerText.split('\n').filter(Boolean)

describe('a slot that has a result', () => {
  it('still shows a finished step after a failed remake, with its error', async () => {
    const { tracker } = await setup()
    expect(faceShown('trailer')).toBe('succeeded')
    // The time is that of the result, not of the failed try.
    expect(linesOf('trailer')).toEqual([
      'Trailer',
      'Succeeded',
      '40s',
      'Last try failed',
      'The queue is full',
      'Retry',
    ])
    await expect.element(page.getByRole('button', { name: 'Retry Trailer' })).toBeVisible()
    tracker.dismiss({ showId, type: 'trailer' })
    await expect.element(page.getByText('The queue is full')).not.toBeInTheDocument()
    expect([faceShown('trailer'), linesOf('trailer')]).toEqual(['succeeded', ['Trailer', 'Succeeded']])
  })

  it('shows below the result that a remake was canceled or interrupted', async () => {
    await setup()
    expect(linesOf('library-poster')).toEqual(['Show Poster', 'Succeeded', '20s', 'Last try canceled'])
    expect(linesOf('portrait-grid')).toEqual(['Portrait Grid', 'Succeeded', '10s', 'Last try interrupted'])
  })

  it('shows an active remake in a step that stays complete', async () => {
    await setup()
    expect(faceShown('show-generation')).toBe('active')
    expect(linesOf('show-generation').slice(1)).toEqual(['In Progress...', '30s', 'second draft', '40%'])
    await expect
      .element(page.getByRole('progressbar', { name: 'Overall Progress' }))
      .toHaveAttribute('aria-valuenow', '100')
    await expect
      .element(page.getByRole('progressbar', { name: 'Portraits progress' }))
      .toHaveAttribute('aria-valuenow', '100')
  })

  it('shows the outcome of the latest remake in each row, beside the result', async () => {
    await setup()
    expect(cardOf('portrait').innerText).toContain('4 of 4 complete')
    expect(cardOf('portrait').innerText).toContain('1 could not be made again')
    expect(rowsOf('portrait')).toEqual([
      ['active', 'Ada'],
      ['succeeded', 'Bo', 'Succeeded', 'Last try failed'],
      ['succeeded', 'Cy', 'Succeeded', 'Last try interrupted'],
      ['succeeded', 'Di', 'Succeeded'],
    ])
    await expect.element(page.getByText('Making it again...')).toBeVisible()
  })
})

describe('a step that is not complete', () => {
  it('is not shown as canceled or interrupted because of a slot with a result', async () => {
    const { tracker } = createFixture()
    tracker.show(showId).setCharacters([{ id: 'ada' }, { id: 'bo' }])
    const add = (status: 'succeeded' | 'canceled' | 'interrupted', characterId: string) =>
      tracker.addTask({ showId, type: 'portrait', characterId, status })
    add('succeeded', 'ada')
    add('canceled', 'ada')
    await renderWith(tracker, <ProductionPipeline showId={showId} />)
    expect(faceShown('portrait')).toBe('pending')
    expect(cardOf('portrait').innerText).not.toContain('1 canceled')
    add('interrupted', 'ada')
    await expect.element(page.getByText('1 of 2 complete')).toBeVisible()
    expect(faceShown('portrait')).toBe('pending')
    add('canceled', 'bo')
    await expect.poll(() => faceShown('portrait')).toBe('canceled')
    expect(cardOf('portrait').innerText).toContain('1 canceled')
  })
})

describe('the announcer', () => {
  it('announces a finished remake and a failed one', async () => {
    const { tracker } = await setup()
    const region = page.getByRole('status')
    tracker.addTask({ showId, type: 'trailer', status: 'failed', error: 'Busy' })
    await expect.element(region).toHaveTextContent('Remade Show: Trailer could not be made again. Busy')
    tracker.addTask({ showId, type: 'trailer', status: 'succeeded' })
    await expect.element(region).toHaveTextContent('Remade Show: Trailer is done.')
    // Of several slots, when the last of them is done.
    const portrait = (characterId: string, status: 'processing' | 'succeeded') =>
      tracker.addTask({ showId, type: 'portrait', characterId, status })!
    const bo = portrait('bo', 'processing')
    portrait('cy', 'succeeded')
    const { id } = tracker.getTask({ showId, type: 'portrait', characterId: 'ada' })!
    tracker.updateTask(id, { status: 'succeeded' })
    tracker.updateTask(bo.id, { status: 'succeeded' })
    await expect.element(region).toHaveTextContent(/^Remade Show: Portraits is done\.$/)
  })
})
