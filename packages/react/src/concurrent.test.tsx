import { startTransition, useDeferredValue, useLayoutEffect, useState } from 'react'
import { expect, it, vi } from 'vitest'
import { render } from 'vitest-browser-react'
import { usePipeline, useStep } from './index.ts'
import { createTestTracker, showId } from './testing.tsx'

const cells = Array.from({ length: 30 }, (_, index) => index)

const readers = {
  useStep: () => useStep(showId, 'trailer').progress,
  usePipeline: () => usePipeline(showId, (pipeline) => pipeline.step('trailer').progress),
}

/** Shows the same progress 30 times, slowly, and notes at each commit what stands on the page. */
function createPage(useProgress: () => number) {
  const { tracker, wrapper } = createTestTracker()
  tracker.addTask({ id: 'trailer', showId, type: 'trailer', status: 'processing', progress: 0 })
  const commits: string[][] = []
  let lastRendered = cells.length - 1
  let interruptions = 0
  let changes = 0
  const Cell = ({ text, index }: { readonly text: string; readonly index: number }) => {
    lastRendered = index
    const until = performance.now() + 2
    while (performance.now() < until);
    const progress = useProgress()
    useLayoutEffect(() => {
      commits.push([...document.querySelectorAll('i')].map((cell) => cell.dataset['progress']!))
    })
    return <i data-progress={progress}>{text}</i>
  }
  const change = () => {
    // React had given way between two cells of one pass.
    if (lastRendered < cells.length - 1) interruptions += 1
    tracker.updateTask('trailer', { progress: (changes += 1) })
  }
  const torn = () => commits.filter((progress) => new Set(progress).size > 1)
  return { Cell, wrapper, change, commits, torn, interruptions: () => interruptions }
}

/** Changes the tracker while React works. Endless changes would hold it up until it loses patience, after 5 s. */
async function changeMeanwhile(change: () => void, isDone: () => boolean) {
  let changes = 0
  await vi.waitFor(
    () => {
      if ((changes += 1) < 8) change()
      expect(isDone()).toBe(true)
    },
    { interval: 7, timeout: 10_000 },
  )
}

for (const [name, useProgress] of Object.entries(readers)) {
  it(`${name} does not tear under startTransition`, async () => {
    const page = createPage(useProgress)
    const { Cell } = page
    let open = () => {}
    const App = () => {
      const [isOpen, setOpen] = useState(false)
      open = () => startTransition(() => setOpen(true))
      return isOpen ? cells.map((index) => <Cell key={index} index={index} text="open" />) : null
    }
    const { container } = await render(<App />, { wrapper: page.wrapper })
    open()
    await changeMeanwhile(page.change, () => container.textContent.startsWith('open'))
    expect(page.interruptions()).toBeGreaterThan(0)
    expect(page.commits.length).toBeGreaterThan(0)
    expect(page.torn()).toEqual([])
  })

  it(`${name} does not tear under useDeferredValue`, async () => {
    const page = createPage(useProgress)
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
    await changeMeanwhile(page.change, () => container.textContent.startsWith('b'))
    expect(page.interruptions()).toBeGreaterThan(0)
    expect(page.commits.length).toBeGreaterThan(cells.length)
    expect(page.torn()).toEqual([])
  })
}
