import { describe, expect, it, vi } from 'vitest'
import { page } from 'vitest/browser'
import { createFixture, renderWith } from '../fixtures.tsx'
import { LoaderBars } from '../parts/loader-bars.tsx'
import { PipelineButton } from './pipeline-button.tsx'

describe('PipelineButton', () => {
  it('is visible only while a task is active', async () => {
    const { tracker } = createFixture()
    const onClick = vi.fn()
    await renderWith(tracker, <PipelineButton onClick={onClick} />)
    const button = page.getByRole('button')
    await expect.element(button).not.toBeInTheDocument()
    tracker.addTask({ showId: 's', type: 'trailer', status: 'processing', id: 'one' })
    await expect.element(button).toHaveAccessibleName('1 Active Task Click to view pipeline')
    tracker.addTask({ showId: 't', type: 'trailer', status: 'processing', id: 'two' })
    await expect.element(button).toHaveTextContent('2 Active Tasks')
    expect(button.element().querySelectorAll('.callsheet-loader-bar')).toHaveLength(3)
    await button.click()
    expect(onClick).toHaveBeenCalledOnce()
    tracker.cancel({ showId: 's' })
    tracker.updateTask('two', { status: 'failed', error: 'no' })
    await expect.element(button).not.toBeInTheDocument()
  })

  it('keeps its distance from the edge', async () => {
    const { tracker } = createFixture()
    tracker.addTask({ showId: 's', type: 'trailer', status: 'processing' })
    await renderWith(
      tracker,
      <PipelineButton onClick={() => {}} offset={{ bottom: 120, right: '2rem' }} zIndex={7} />,
    )
    const style = getComputedStyle(page.getByRole('button').element())
    expect([style.bottom, style.right, style.zIndex, style.width, style.height]).toEqual([
      '120px',
      '32px',
      '7',
      '280px',
      '64px',
    ])
  })
})

describe('LoaderBars', () => {
  it('has a label, or none if it is decorative', async () => {
    const { tracker } = createFixture()
    await renderWith(
      tracker,
      <>
        <LoaderBars size="large" label="Loading the show" />
        <LoaderBars label="" bars={4} />
      </>,
    )
    expect(page.getByRole('status').elements()).toHaveLength(1)
    await expect.element(page.getByRole('status')).toHaveTextContent('Loading the show')
    expect(document.querySelectorAll('.callsheet-loader-bar')).toHaveLength(16)
  })
})
