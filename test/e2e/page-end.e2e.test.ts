import { type Browser, type BrowserContext, chromium, type LaunchOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startCollector } from '../../packages/http-adapter/src/testing/servers/collector.ts'
import { startLiveServer } from '../../packages/http-adapter/src/testing/servers/live-server.ts'
import { chromiumArgs, chromiumPath } from '../../tools/browser.ts'
import { keepsPages } from './back-forward-cache.ts'
import { bundlePage } from './bundle-page.ts'
import { createProfile, startOwnChromium } from './own-chromium.ts'
import type { Tools } from './sink-page.ts'

declare const tools: Tools

const minute = 60_000
// Playwright has it off, for most tests want each page to be a new one.
const withCache: LaunchOptions = {
  args: [...chromiumArgs, '--enable-features=BackForwardCache'],
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
}
let browser: Browser
let script: string

beforeAll(async () => {
  script = await bundlePage('sink-page.ts')
  browser = await chromium.launch({ executablePath: chromiumPath, ...withCache })
}, minute)

afterAll(() => browser?.close())

interface Setting {
  /** Whose tab it is. Default: one of the browser that the tests share. */
  readonly context?: BrowserContext
  readonly prepare?: (page: Page) => Promise<unknown>
  /** How long changes gather, in ms. Default: the sink's. */
  readonly delay?: number
}

/** A tab of its own, whose sink sends to an inbox of its own, and whose live source asks a server of its own. */
async function setUp({ context: given, prepare, delay }: Setting = {}) {
  const collector = await startCollector()
  const html = '<!doctype html><title>Sink</title><script type="module" src="/page.js"></script>'
  const server = await startLiveServer({
    pages: { '/': html, '/page.js': script, '/other': '<!doctype html><title>Other</title>' },
  })
  const context = given ?? (await browser.newContext())
  onTestFinished(async () => {
    if (!given) await context.close()
    await server.close()
    collector.close()
  })
  const inbox = collector.open('inbox')
  const page = await context.newPage()
  await prepare?.(page)
  const address = `${server.url}/?url=${encodeURIComponent(inbox.url)}&db=queue&live`
  await page.goto(delay === undefined ? address : `${address}&delay=${delay}`)
  await page.waitForFunction(() => 'tools' in globalThis)
  const ids = () => inbox.tracker.serialize().tasks.map(({ id }) => id)
  /** Of each request that the collector has read, the tasks. */
  const sent = () =>
    inbox.requests.map(({ text }) =>
      (JSON.parse(text) as { tasks: { id: string }[] }).tasks.map(({ id }) => id),
    )
  const add = (id: string) => page.evaluate((id) => tools.add(id), id)
  return { address, collector, inbox, server, page, ids, sent, add }
}

/** In a page: the keys of what a queue has stored. */
const keysIn = (name: string): Promise<IDBValidKey[]> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(name)
    request.addEventListener('error', () => reject(request.error!))
    request.addEventListener('success', () => {
      const { result } = request
      const keys = result.transaction('rows').objectStore('rows').getAllKeys()
      keys.addEventListener('success', () => {
        result.close()
        resolve(keys.result)
      })
    })
  })

describe('the end of a page', { timeout: minute }, () => {
  it('delivers by a beacon where fetch cannot outlive the tab', async () => {
    const { inbox, collector, page, ids, add } = await setUp({
      prepare: (page) =>
        page.addInitScript(() => void Reflect.deleteProperty(Request.prototype, 'keepalive')),
    })
    await add('last-words')
    await page.close()
    await expect.poll(ids).toEqual(['last-words'])
    // A beacon has no response, so each event of the end may send one.
    expect(new Set(collector.seen)).toEqual(new Set(['POST /inbox/tasks']))
    for (const { headers } of inbox.requests) {
      // A fetch to another origin is a request of CORS; a beacon is none.
      expect(headers).toMatchObject({
        'sec-fetch-mode': 'no-cors',
        'content-type': 'text/plain;charset=UTF-8',
      })
    }
  })

  it('goes on after the back-forward cache, with each change delivered once', async ({ skip }) => {
    const { server, page, ids, sent, add } = await setUp()
    skip(!(await keepsPages(browser, server.url)), 'this browser has no back-forward cache')
    const status = () => page.evaluate(() => tools.status())
    await expect.poll(status).toBe('live')
    await add('before')
    await page.goto(`${server.url}/other`)
    await expect.poll(ids).toEqual(['before'])
    // A hidden page holds no connection.
    await expect.poll(() => server.readers()).toBe(0)
    server.truth.addTask({ id: 'meanwhile', showId: 's1', type: 'library-poster', status: 'processing' })
    await page.goBack({ waitUntil: 'commit' })
    await expect.poll(() => page.evaluate(() => tools.shown)).toEqual([false, true])
    await expect.poll(status).toBe('live')
    expect(await page.evaluate(() => tools.tracker.getTask('meanwhile')?.status)).toBe('processing')
    server.truth.updateTask('meanwhile', { status: 'succeeded' })
    const meanwhile = () => page.evaluate(() => tools.tracker.getTask('meanwhile')?.status)
    await expect.poll(meanwhile).toBe('succeeded')
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual([undefined, '1.0'])
    expect(server.counts).toEqual({ resumed: 1, reset: 0 })
    await add('after')
    await page.evaluate(() => tools.sink.flush())
    expect(sent()).toEqual([['before'], ['after']])
    expect(await page.evaluate(() => [tools.sink.counts, tools.errors])).toMatchObject([
      { created: 2, stored: 2, pending: 0 },
      [],
    ])
  })

  it('delivers what waits when the tab is frozen, and keeps what the collector does not take', async () => {
    const profile = await createProfile()
    const { context, kill } = await startOwnChromium(profile.folder)
    onTestFinished(async () => {
      await kill()
      await profile.remove()
    })
    // Longer than the test: nothing is sent but by the end of the page.
    const { address, inbox, page, ids, sent, add } = await setUp({ context, delay: minute })
    const devtools = await context.newCDPSession(page)
    const turn = (state: 'frozen' | 'active') => devtools.send('Page.setWebLifecycleState', { state })
    await add('delivered')
    await turn('frozen')
    await expect.poll(ids).toEqual(['delivered'])
    await turn('active')
    await expect.poll(() => page.evaluate(() => tools.sink.counts.pending)).toBe(0)
    inbox.faults.push('503')
    await add('kept')
    await expect.poll(() => page.evaluate(keysIn, 'queue')).toContain('kept')
    await turn('frozen')
    await expect.poll(sent).toEqual([['delivered'], ['kept']])
    // Browsers discard frozen tabs, of which the page hears nothing.
    const crashed = page.waitForEvent('crash')
    devtools.send('Page.crash').catch(() => {})
    await crashed
    expect(ids()).toEqual(['delivered'])
    const next = await context.newPage()
    await next.goto(address)
    await expect.poll(sent, { timeout: minute / 4 }).toEqual([['delivered'], ['kept'], ['kept']])
    expect(ids()).toEqual(['delivered', 'kept'])
  })
})
