// Loaded before another project's tests (see foreign-suites.mjs): replaces `globalThis.fetch` by a tracked fetch.
import { appendFileSync } from 'node:fs'
import { createTracker, definePipeline } from '../packages/core/dist/index.js'
import { createTrackedFetch, readDownload, readEvents, resend } from '../packages/http-adapter/dist/index.js'

const mode = process.env.CALLSHEET_MODE
const reports = process.env.CALLSHEET_REPORTS

const events = readEvents(() => undefined)
const download = readDownload()

const modes = {
  plain: {},
  read: { read: () => undefined },
  // Whatever the body is, something reads it.
  stream: { stream: (...args) => events(...args) ?? download(...args) },
  // One attempt: the suites count the requests that their server gets.
  resend: { retry: resend({ attempts: 3, when: () => false }) },
}

if (mode !== undefined && mode !== 'bare') {
  const pipeline = definePipeline({ id: 'foreign', steps: [{ type: 'call', label: 'Call', per: 'show' }] })
  const tracker = createTracker({ pipeline })
  if (reports) {
    tracker.on('error', ({ error }) => appendFileSync(reports, `${String(error.message).split('\n')[0]}\n`))
  }
  let calls = 0
  // Each call has a show of its own: the suites know nothing of joining.
  const scope = () => {
    // At once: a test runner kills its workers.
    if (reports) appendFileSync(reports, 'call\n')
    return { showId: `call-${(calls += 1)}` }
  }
  const route = { type: 'call', scope, ...modes[mode] }
  globalThis.fetch = createTrackedFetch({ tracker, routes: { '* /*': route } })
}
