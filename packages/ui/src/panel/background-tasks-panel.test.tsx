import { useState } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { BackgroundTasksPanel, type BackgroundTasksPanelProps } from './background-tasks-panel.tsx'
import { addMixedShow, createFixture, renderWith, type ShowTracker } from '../fixtures.tsx'

afterEach(() => page.viewport(1400, 900))

function App(props: Partial<BackgroundTasksPanelProps>) {
  const [open, setOpen] = useState(false)
  return (
    <main>
      <button type="button" onClick={() => setOpen(true)}>
        Open
      </button>
      <button type="button">Elsewhere</button>
      <BackgroundTasksPanel {...props} open={open} onOpenChange={setOpen} />
    </main>
  )
}

async function open(tracker: ShowTracker, props: Partial<BackgroundTasksPanelProps> = {}) {
  await renderWith(tracker, <App {...props} />)
  await page.getByRole('button', { name: 'Open' }).click()
  const dialog = page.getByRole('dialog')
  await expect.element(dialog).toBeVisible()
  return dialog
}

describe('BackgroundTasksPanel', () => {
  it('is a dialog with a name and a description', async () => {
    const { tracker } = createFixture()
    addMixedShow(tracker)
    await open(tracker)
    const dialog = page.getByRole('dialog', { name: 'Background Tasks' })
    await expect.element(dialog).toHaveAttribute('aria-modal', 'true')
    await expect.element(dialog).toHaveAccessibleDescription('2 in progress')
  })

  it('closes on Escape and restores the focus', async () => {
    const { tracker } = createFixture()
    const dialog = await open(tracker)
    await userEvent.keyboard('{Escape}')
    await expect.element(dialog).not.toBeInTheDocument()
    await expect.element(page.getByRole('button', { name: 'Open' })).toHaveFocus()
  })

  it('keeps the focus inside', async () => {
    const { tracker } = createFixture()
    addMixedShow(tracker)
    const dialog = await open(tracker, { onRetry: () => {} })
    await expect.poll(() => dialog.element().contains(document.activeElement)).toBe(true)
    const isInside = () => dialog.element().contains(document.activeElement)
    const close = dialog.getByRole('button', { name: 'Close' }).element() as HTMLElement
    const retry = dialog.getByRole('button', { name: 'Retry Portraits for Cy' }).element() as HTMLElement
    expect([close.tabIndex, retry.tabIndex]).toEqual([0, 0])
    const visited = new Set<Element | null>()
    // Over the first one, and over the last: a guard at each end sends the focus back.
    close.focus()
    for (const keys of ['{Shift>}{Tab}{/Shift}', '{Tab}', '{Tab}', '{Shift>}{Tab}{/Shift}']) {
      await userEvent.keyboard(keys)
      await expect.poll(isInside, { interval: 10 }).toBe(true)
      visited.add(document.activeElement)
    }
    expect(visited.size).toBeGreaterThan(1)
  })

  it('closes with its button and with a click outside', async () => {
    const { tracker } = createFixture()
    const dialog = await open(tracker)
    await page.getByRole('button', { name: 'Close' }).click()
    await expect.element(dialog).not.toBeInTheDocument()
    await page.getByRole('button', { name: 'Open' }).click()
    await expect.element(dialog).toBeVisible()
    await userEvent.click(document.querySelector('.callsheet-backdrop')!, { position: { x: 20, y: 300 } })
    await expect.element(dialog).not.toBeInTheDocument()
  })

  it('shows an empty state', async () => {
    const { tracker } = createFixture()
    // Known, but nothing was begun.
    tracker.show('quiet').setTitle('Quiet')
    const dialog = await open(tracker)
    await expect.element(dialog.getByText('No Shows Yet')).toBeVisible()
    await expect.element(dialog.getByText('All caught up')).toBeVisible()
    expect(dialog.element().querySelector('.callsheet-stats, .callsheet-panel-footer')).toBeNull()
  })

  it('lists several shows and adds up their slots', async () => {
    const { tracker } = createFixture()
    addMixedShow(tracker, 'one', 'Show One')
    addMixedShow(tracker, 'two', 'Show Two')
    tracker.show('facts').setFacts({ done: { 'show-generation': true } })
    const dialog = await open(tracker)
    expect(dialog.getByRole('heading', { level: 3 }).elements()).toHaveLength(3)
    const stats = [...dialog.element().querySelectorAll('.callsheet-stat')].map((stat) => stat.textContent)
    expect(stats).toEqual(['Active4', 'Done5', 'Failed4'])
    await expect.element(dialog.getByText('4 in progress')).toBeVisible()
    tracker.updateTask('one-bo', { status: 'succeeded' })
    await expect.element(dialog.getByText('3 in progress')).toBeVisible()
  })

  it('calls onRetry', async () => {
    const { tracker } = createFixture()
    addMixedShow(tracker)
    const onRetry = vi.fn()
    const dialog = await open(tracker, { onRetry })
    await dialog.getByRole('button', { name: 'Retry Character Seeds' }).click()
    expect(onRetry).toHaveBeenCalledExactlyOnceWith({
      showId: 'visual',
      type: 'character-seeds',
      taskId: 'visual-seeds',
    })
  })

  it.each([
    [1400, 900, 560],
    [700, 900, 500],
    [390, 844, 390],
  ])('keeps the end of the list above the footer at %i x %i', async (width, height, expected) => {
    await page.viewport(width, height)
    const { tracker } = createFixture()
    addMixedShow(tracker)
    const dialog = (await open(tracker)).element() as HTMLElement
    // While it slides in, its rectangle has a fraction of a pixel more or less than its layout.
    await expect.poll(() => dialog.getBoundingClientRect().right).toBeCloseTo(width, 0)
    expect(dialog.offsetWidth).toBe(expected)
    const content = dialog.querySelector('.callsheet-panel-content')!
    content.scrollTop = content.scrollHeight
    const last = dialog.querySelector('.callsheet-overall')!.getBoundingClientRect()
    const footer = dialog.querySelector('.callsheet-panel-footer')!.getBoundingClientRect()
    expect(last.bottom).toBeLessThanOrEqual(footer.top + 1)
    expect(content.scrollWidth).toBe(content.clientWidth)
  })

  it('accepts a title, a footer, a z-index and a container', async () => {
    const { tracker } = createFixture()
    addMixedShow(tracker)
    const container = document.createElement('div')
    document.body.append(container)
    const dialog = await open(tracker, { title: 'Work', footer: <b>Note</b>, zIndex: 1000, container })
    await expect.element(dialog).toHaveAccessibleName('Work')
    await expect.element(dialog.getByText('Note')).toBeVisible()
    expect(container.contains(dialog.element())).toBe(true)
    expect(getComputedStyle(dialog.element()).zIndex).toBe('1000')
    expect(getComputedStyle(document.querySelector('.callsheet-backdrop')!).zIndex).toBe('990')
    container.remove()
  })
})
