import { startTransition, useDeferredValue, useLayoutEffect, useState } from 'react'
import { expect, it, vi } from 'vitest'
import { render } from 'vitest-browser-react'
import { usePipeline, useStep } from './index.ts'
import { createTestTracker, showId } from './testing.tsx'

const cells = Array.from({ length: 30 }, (_, index) => index)

/** Shows the same progress 60 times, slowly, and notes at each commit what stands on the page. */
function createPage() {
  const { tracker, wrapper } = createTestTracker()
  tracker.addTask({ id: 'trailer', showId, type: 'trailer', status: 'processing', progress: 0 })
  const commits: string[][] = []
  const changesBefore: number[] = []
  let changes = 0
  const Cell = ({ text, index }: { readonly text: string; readonly index: number }) => {
    changesBefore[index] = changes
    const until = performance.now() + 2
    while (performance.now() < until);
    const { progress } = useStep(showId, 'trailer')
    const selected = usePipeline(showId, (pipeline) => pipeline.step('trailer').progress)
    useLayoutEffect(() => {
      commits.push(
        [...document.querySelectorAll('i')].flatMap((cell) => cell.dataset['progress']!.split(' ')),
      )
    })
    return <i data-progress={`${progress} ${selected}`}>{text}</i>
  }
  const change = () => tracker.updateTask('trailer', { progress: (changes += 1) })
  const torn = () => commits.filter((progress) => new Set(progress).size > 1)
  return { Cell, wrapper, change, commits, torn, wasInterrupted: () => new Set(changesBefore).size > 1 }
}

/** Changes the tracker while React works, and notes whether it ever got in between two cells of one pass. */
async function changeMeanwhile(
  { change, wasInterrupted }: ReturnType<typeof createPage>,
  until: () => boolean,
) {
  let interrupted = false
  let attempts = 0
  await vi.waitFor(
    () => {
      // Endless changes would hold a transition up until React loses patience, after 5 s.
      if ((attempts += 1) < 15) change()
      interrupted ||= wasInterrupted()
      expect(until()).toBe(true)
    },
    { interval: 7, timeout: 10_000 },
  )
  return interrupted
}

it('does not tear under startTransition', async () => {
  const page = createPage()
  const { Cell } = page
  let open = () => {}
  const App = () => {
    const [isOpen, setOpen] = useState(false)
    open = () => startTransition(() => setOpen(true))
    return isOpen ? cells.map((index) => <Cell key={index} index={index} text="open" />) : null
  }
  const { container } = await render(<App />, { wrapper: page.wrapper })
  open()
  expect(await changeMeanwhile(page, () => container.textContent.startsWith('open'))).toBe(true)
  expect(page.commits.length).toBeGreaterThan(0)
  expect(page.torn()).toEqual([])
})

it('does not tear under useDeferredValue', async () => {
  const page = createPage()
  const { Cell } = page
  let type = (_text: string) => {}
  const App = () => {
    const [text, setText] = useState('a')
    type = setText
    const deferred = useDeferredValue(text)
    return cells.map((index) => <Cell key={index} index={index} text={deferred} />)
  }
  const { container } = await render(<App />, { wrapper: page.wrapper })
  type('b')
  expect(await changeMeanwhile(page, () => container.textContent.startsWith('b'))).toBe(true)
  expect(page.commits.length).toBeGreaterThan(cells.length)
  expect(page.torn()).toEqual([])
})
