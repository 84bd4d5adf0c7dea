import { useEffect } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { expect, it, vi } from 'vitest'
import { PipelineProvider, usePipeline, usePipelines, useStep, useTask, useTrack } from './index.ts'
import { createTestTracker, showId } from './testing.tsx'

function Page({ onMount }: { readonly onMount?: () => void }) {
  const shows = usePipelines()
  const progress = usePipeline(showId, (pipeline) => pipeline.progress)
  const { completed, total } = useStep(showId, 'portrait')
  const task = useTask({ showId, type: 'portrait', characterId: 'ada' })
  const retry = useTrack('trailer', () => 1, { showId })
  useEffect(() => onMount?.(), [onMount])
  return (
    <button onClick={retry}>
      {usePipeline(showId).title}: {progress} %, {completed} of {total}, {task?.status}, {shows.length} show
    </button>
  )
}

it('renders what is known on the server, and hydrates without a mismatch', async () => {
  const complaints = vi.spyOn(console, 'error')
  const { tracker, show, subscribers } = createTestTracker()
  show.setTitle('Neon <Noir>')
  tracker.addTask({ showId, type: 'portrait', characterId: 'ada', status: 'succeeded' })
  const onMount = vi.fn()
  const page = (
    <PipelineProvider tracker={tracker}>
      <Page onMount={onMount} />
    </PipelineProvider>
  )
  const html = renderToString(page)
  expect(html.replaceAll('<!-- -->', '')).toBe(
    '<button>Neon &lt;Noir&gt;: 7 %, 1 of 2, succeeded, 1 show</button>',
  )
  expect(subscribers.ever).toBe(0)

  const container = document.body.appendChild(document.createElement('div'))
  container.innerHTML = html
  const button = container.querySelector('button')
  const onRecoverableError = vi.fn()
  const root = hydrateRoot(container, page, { onRecoverableError })
  await expect.poll(() => onMount).toHaveBeenCalled()
  expect(container.querySelector('button')).toBe(button)
  expect(onRecoverableError).not.toHaveBeenCalled()
  expect(complaints).not.toHaveBeenCalled()

  tracker.addTask({ showId, type: 'portrait', characterId: 'bo', status: 'succeeded' })
  await expect.poll(() => button?.textContent).toBe('Neon <Noir>: 14 %, 2 of 2, succeeded, 1 show')
  root.unmount()
  container.remove()
  expect(subscribers.now).toBe(0)
})
