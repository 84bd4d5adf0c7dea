import { createServer } from 'node:http'
import { createTracker, showPipeline } from '@callsheet/core'

/** Tracks the calls that a page makes, and gives what their tasks and callers say. */
export async function playScenario() {
  let requests = 0
  const server = createServer((_request, response) => {
    requests += 1
    response.writeHead(503).end('{"error":"The model is busy."}')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${server.address().port}/`
  const tracker = createTracker({ pipeline: showPipeline })
  const errors = []
  tracker.on('error', ({ error }) => errors.push(error.message))
  const unhandled = []
  process.on('unhandledRejection', (reason) => unhandled.push(String(reason)))
  const show = tracker.show('s')
  const statusOf = (slot) => tracker.getTask({ showId: 's', ...slot })?.status
  const seen = {}

  // Two clicks on a button that pays.
  const answers = [show.track('trailer', () => fetch(url)), show.track('trailer', () => fetch(url))]
  seen.atOnce = statusOf({ type: 'trailer' })
  const bodies = await Promise.all(answers.map(async (answer) => (await answer).json()))
  seen.bodies = bodies.map(({ error }) => error)
  seen.fetched = statusOf({ type: 'trailer' })
  seen.requests = requests

  let finish
  const made = new Promise((resolve) => (finish = resolve))
  const returned = show.track('library-poster', () => made)
  seen.isSame = returned === made
  seen.made = statusOf({ type: 'library-poster' })
  finish('poster')
  seen.poster = await returned
  seen.madeAtEnd = statusOf({ type: 'library-poster' })

  const failing = show.track('portrait-grid', async () => {
    await Promise.resolve()
    throw new TypeError('no grid')
  })
  seen.async = statusOf({ type: 'portrait-grid' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  seen.asyncAtEnd = statusOf({ type: 'portrait-grid' })
  seen.message = await failing.catch((error) => error.message)

  class Lazy extends Promise {
    // oxlint-disable-next-line unicorn/no-thenable -- a promise that starts when it is awaited
    then(...handlers) {
      seen.isStarted = true
      return super.then(...handlers)
    }
  }
  void show.track('show-generation', () => new Lazy(() => {}))
  seen.lazy = statusOf({ type: 'show-generation' })
  // oxlint-disable-next-line unicorn/no-thenable -- a query builder
  void show.track('character-seeds', () => ({ then: () => (seen.isStarted = true) }))
  seen.thenable = statusOf({ type: 'character-seeds' })
  server.close()
  server.closeAllConnections()
  return { ...seen, errors: errors.length, unhandled }
}
