import {
  createTracker,
  type ParsedSnapshot,
  showPipeline,
  type ShowPipeline,
  type Tracker,
} from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'
import { type ReactNode, StrictMode, Suspense, useEffect } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  PipelineProvider,
  useElapsed,
  usePipeline,
  usePipelines,
  useStep,
  useTask,
  useTrack,
} from './index.ts'
import { createTestTracker, showId } from './testing.tsx'

function Page() {
  const shows = usePipelines()
  const progress = usePipeline(showId, (pipeline) => pipeline.progress)
  const cast = usePipeline(
    showId,
    ({ characters }) => characters.map(({ id }) => id),
    (a, b) => a.join() === b.join(),
  )
  const { completed, total } = useStep(showId, 'portrait')
  const task = useTask({ showId, type: 'portrait', characterId: 'ada' })
  const retry = useTrack('trailer', () => 1, { showId })
  const { title } = usePipeline(showId)
  const texts = [`${progress} %`, `${completed} of ${total}`, task?.status, `${shows.length} show`, ...cast]
  return <button onClick={retry}>{`${title}: ${texts.join(', ')}`}</button>
}

const empty = 'undefined: 0 %, 0 of 0, , 0 show'
const onServer = 'Neon <Noir>: 7 %, 1 of 2, succeeded, 1 show, ada, bo'
const later = 'Neon <Noir>: 14 %, 2 of 2, succeeded, 1 show, ada, bo'

/** What a server knows: a title, two characters, and the portrait of the first. */
function createServer() {
  const { tracker, show, subscribers } = createTestTracker()
  show.setTitle('Neon <Noir>')
  tracker.addTask({ showId, type: 'portrait', characterId: 'ada', status: 'succeeded' })
  const snapshot = parseSnapshot(JSON.stringify(tracker.serialize()))
  return { tracker, snapshot, subscribers }
}

const finishBo = (tracker: Tracker<ShowPipeline>) =>
  tracker.addTask({ showId, type: 'portrait', characterId: 'bo', status: 'succeeded' })

const createPage = (snapshot?: ParsedSnapshot) => {
  const tracker = createTracker({ pipeline: showPipeline })
  if (snapshot) tracker.restore(snapshot)
  return tracker
}

/** React 18 warns about layout effects, since this server has a document. `node-server.test.ts` has none. */
function renderOnServer(page: ReactNode): string {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => {})
  const html = renderToString(page)
  quiet.mockRestore()
  return html
}

const textOf = (html: string) => new DOMParser().parseFromString(html, 'text/html').body.textContent

/** Puts a server's HTML on the page, hydrates it, and requires at the end that React had nothing to say. */
function hydrate(html: string, page: ReactNode) {
  const container = document.body.appendChild(document.createElement('div'))
  container.innerHTML = html
  const button = container.querySelector('button')
  const complaints = [vi.spyOn(console, 'error'), vi.fn<(error: unknown) => void>()] as const
  const root = hydrateRoot(container, page, { onRecoverableError: complaints[1] })
  onTestFinished(() => {
    for (const complaint of complaints) expect(complaint.mock.calls).toEqual([])
    // The server's own element, not one that React has made again.
    expect(container.querySelector('button')).toBe(button)
    root.unmount()
    container.remove()
    complaints[0].mockRestore()
  })
  return { container, root, text: () => button?.textContent }
}

describe.each([
  ['', (page: ReactNode) => page],
  [' in StrictMode', (page: ReactNode) => <StrictMode>{page}</StrictMode>],
])('a page from the server%s', (_mode, inMode) => {
  const pageOf = (
    tracker: Tracker<ShowPipeline>,
    serverSnapshot?: ParsedSnapshot,
    children: ReactNode = <Page />,
  ) => inMode(<PipelineProvider {...{ tracker, serverSnapshot, children }} />)

  it('renders the snapshot, whatever the tracker there knows, and subscribes to nothing', () => {
    const { tracker, snapshot, subscribers } = createServer()
    finishBo(tracker)
    expect(textOf(renderOnServer(pageOf(tracker, snapshot)))).toBe(onServer)
    expect(textOf(renderOnServer(pageOf(createPage(), snapshot)))).toBe(onServer)
    expect(subscribers.ever).toBe(0)
  })

  it('hydrates in a tracker that knows nothing, before any effect asks it, and is live then', async () => {
    const { snapshot } = createServer()
    const tracker = createPage()
    const known: boolean[] = []
    const Asking = () => {
      useEffect(() => {
        known.push(tracker.has({ showId, type: 'portrait', characterId: 'ada' }, 'done'))
      }, [])
      return <Page />
    }
    const html = renderOnServer(pageOf(createPage(), snapshot, <Asking />))
    const { text } = hydrate(html, pageOf(tracker, snapshot, <Asking />))
    await expect.poll(() => known.length).toBeGreaterThan(0)
    expect(known).not.toContain(false)
    expect(text()).toBe(onServer)
    finishBo(tracker)
    await expect.poll(text).toBe(later)
  })

  it('hydrates when a newer stored state was restored before', async () => {
    const { tracker: server, snapshot } = createServer()
    const html = renderOnServer(pageOf(server, snapshot))
    finishBo(server)
    const tracker = createPage(parseSnapshot(server.serialize()))
    const { text } = hydrate(html, pageOf(tracker, snapshot))
    expect(text()).toBe(onServer)
    await expect.poll(text).toBe(later)
  })

  it('hydrates when the state changes while a Suspense boundary waits', async () => {
    const { tracker: server, snapshot } = createServer()
    let load = () => {}
    const code = new Promise<void>((resolve) => {
      load = resolve
    })
    let isLoaded = true
    const Lazy = () => {
      // oxlint-disable-next-line typescript/only-throw-error -- how React 18 waits
      if (!isLoaded) throw code
      return <Page />
    }
    const Outside = () => <p>{usePipeline(showId, ({ progress }) => progress)}</p>
    const children = (
      <>
        <Outside />
        <Suspense fallback="loading">
          <Lazy />
        </Suspense>
      </>
    )
    const html = renderOnServer(pageOf(server, snapshot, children))
    isLoaded = false
    const tracker = createPage()
    const { container, text } = hydrate(html, pageOf(tracker, snapshot, children))
    await expect.poll(() => tracker.getShows()).toEqual([showId])
    finishBo(tracker)
    await expect.poll(() => container.querySelector('p')?.textContent).toBe('14')
    expect(text()).toBe(onServer)
    isLoaded = true
    load()
    await expect.poll(text).toBe(later)
  })

  it('renders an empty show without a snapshot, and moves on to what the browser knows', async () => {
    const { tracker: server, snapshot } = createServer()
    const html = renderOnServer(pageOf(server))
    expect(textOf(html)).toBe(empty)
    const { text } = hydrate(html, pageOf(createPage(snapshot)))
    expect(text()).toBe(empty)
    await expect.poll(text).toBe(onServer)
  })

  it('merges a later snapshot, for example after a navigation', async () => {
    const { tracker: server, snapshot } = createServer()
    const tracker = createPage()
    const html = renderOnServer(pageOf(server, snapshot))
    const { root, text } = hydrate(html, pageOf(tracker, snapshot))
    await expect.poll(() => tracker.getShows()).toEqual([showId])
    finishBo(server)
    root.render(pageOf(tracker, parseSnapshot(server.serialize())))
    await expect.poll(text).toBe(later)
  })

  it('renders how long a task has been running at the time of the snapshot, and counts on in the browser', async () => {
    const { tracker: server } = createTestTracker()
    server.addTask({ id: 'trailer', showId, type: 'trailer', status: 'processing' })
    const snapshot = parseSnapshot(server.serialize())
    const Running = () => <button>{useElapsed(useTask('trailer'))}</button>
    const html = renderOnServer(pageOf(createPage(), snapshot, <Running />))
    const { text } = hydrate(html, pageOf(createPage(snapshot), snapshot, <Running />))
    expect(textOf(html)).toBe('20')
    expect(text()).toBe('20')
    await expect.poll(() => Number(text())).toBeGreaterThan(1_000_000)
  })
})
