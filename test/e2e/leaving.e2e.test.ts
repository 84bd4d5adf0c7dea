import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TaskRecord } from '@callsheet/core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startCollector } from '../../packages/http-adapter/src/testing/servers/collector.ts'
import { chromiumArgs, chromiumPath } from '../../tools/browser.ts'
import { keepsPages } from './back-forward-cache.ts'
import { bundlePage } from './bundle-page.ts'
import type { LeavingTools } from './leaving-page.ts'
import { createProfile, startOwnChromium } from './own-chromium.ts'

declare const tools: LeavingTools

const minute = 60_000
let browser: Browser
let script: string

beforeAll(async () => {
  script = await bundlePage('leaving-page.ts')
  browser = await chromium.launch({
    executablePath: chromiumPath,
    // Playwright has the back-forward cache off, for most tests want each page to be a new one.
    args: [...chromiumArgs, '--enable-features=BackForwardCache'],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
}, minute)

afterAll(() => browser?.close())

/** The application's server. A paid call is answered when the test says so. */
async function startApp() {
  const paid: ServerResponse[] = []
  const html = `<!doctype html><title>App</title><a id="other" href="/other">Other</a>
    <a id="nothing" href="/nothing">204</a><a id="file" href="/file">File</a>
    <script type="module" src="/page.js"></script>`
  const server = createServer((request, response) => {
    const path = request.url!.split('?')[0]!
    // Of a used connection that breaks, Chromium sends the request again by itself.
    response.shouldKeepAlive = false
    const say = (body: string, type = 'text/html', more = {}) =>
      void response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, ...more }).end(body)
    if (path === '/') say(html)
    else if (path === '/page.js') say(script, 'text/javascript')
    else if (path === '/other') say('<!doctype html><title>Other</title>')
    else if (path === '/file')
      say('A file', 'text/plain', { 'content-disposition': 'attachment; filename=a.txt' })
    else if (path === '/jobs/j1')
      say(JSON.stringify({ status: 'succeeded', outputUrl: 'https://x.test/t.mp4' }), 'application/json')
    else if (path === '/paid') paid.push(response)
    else response.writeHead(204).end()
  })
  server.listen(0)
  await once(server, 'listening')
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    /** The paid calls that have arrived. */
    paid,
    answer: () => void paid[0]!.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
    cut: () => paid[0]!.destroy(),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

type App = Awaited<ReturnType<typeof startApp>>

interface Setting {
  /** Of the page's address: `sink`, `save`, `retry`, `job`. */
  readonly with: string
  readonly context?: BrowserContext
  /** Opened by another page, as it must be to close itself. */
  readonly isPopup?: boolean
}

/** A page whose paid call is under way. */
async function setUp({ with: settings, context: given, isPopup = false }: Setting) {
  const app = await startApp()
  const collector = await startCollector()
  const inbox = collector.open('inbox')
  const context = given ?? (await browser.newContext())
  onTestFinished(async () => {
    if (!given) await context.close()
    app.close()
    collector.close()
  })
  const query = new URLSearchParams(settings.split(' ').map((name) => [name, '']))
  if (query.has('sink')) query.set('collector', inbox.url)
  const address = `${app.url}/?${query}`
  const open = async (page: Page) => {
    await page.goto(address)
    await ready(page)
    return page
  }
  const popUp = async (page: Page) => {
    await page.goto(`${app.url}/other`)
    const opened = page.waitForEvent('popup')
    await page.evaluate((address) => void globalThis.open(address), address)
    await ready(await opened)
    return opened
  }
  const first = await context.newPage()
  const page = await (isPopup ? popUp(first) : open(first))
  await page.evaluate(() => tools.start())
  await expect.poll(() => app.paid.length).toBe(1)
  // The collector knows that it has begun.
  if (query.has('sink')) await expect.poll(() => inbox.tracker.getTask(slot)?.status).toBe('processing')
  /** Every status that the collector was ever sent. */
  const sent = () =>
    inbox.requests.flatMap(({ text }) =>
      (JSON.parse(text) as { tasks: TaskRecord[] }).tasks.map(({ status }) => status),
    )
  return { app, context, page, open, inbox, sent }
}

const slot = { showId: 'neon', type: 'trailer' } as const
const ready = (page: Page) => page.waitForFunction(() => 'tools' in globalThis)
const status = (page: Page) => page.evaluate(() => tools.task()?.status)

/** Nothing of the page that was left has failed, and nothing was paid for twice. */
function expectTruth({ app, sent }: { app: App; sent: () => readonly string[] }) {
  expect(sent()).not.toContain('failed')
  expect(app.paid).toHaveLength(1)
}

const ways = {
  'is reloaded': (page: Page) => page.reload(),
  'follows a link': async (page: Page) => {
    await page.click('#other')
    await page.waitForURL('**/other')
  },
  'closes itself': async (page: Page) => {
    const closed = page.waitForEvent('close')
    await page.evaluate(() => void setTimeout(() => close()))
    await closed
  },
  'is closed with its tab': async (page: Page) => {
    const closed = page.waitForEvent('close')
    await page.close({ runBeforeUnload: true })
    await closed
  },
}

describe('a page that is left during a paid call', { timeout: minute }, () => {
  describe.each(['sink save retry', 'sink', 'save retry'])('with %s', (settings) => {
    it.each(Object.entries(ways))('and %s reports no failure, and pays once', async (way, leave) => {
      const kit = await setUp({ with: settings, isPopup: way === 'closes itself' })
      const { context, page, open, inbox } = kit
      await leave(page)
      const next = await open(await context.newPage())
      if (settings.includes('save')) {
        expect(await status(next)).toBe('interrupted')
        expect(await next.evaluate(() => tools.seen)).not.toContain('failed')
      }
      await next.evaluate(() => tools.flush())
      if (settings.includes('sink')) {
        expect(inbox.tracker.getTask(slot)?.status).toMatch(/^(processing|interrupted)$/)
      }
      expectTruth(kit)
    })
  })

  it('follows its job in the next page', async () => {
    const kit = await setUp({ with: 'sink save retry job' })
    await kit.page.reload()
    await ready(kit.page)
    await expect.poll(() => status(kit.page)).toBe('succeeded')
    await kit.page.evaluate(() => tools.flush())
    expect(kit.inbox.tracker.getTask(slot)).toMatchObject({ status: 'succeeded', attempt: 1 })
    expectTruth(kit)
  })

  it.each(['nothing', 'file'])(
    'goes on with it when the page stays, for the link led to a %s',
    async (link) => {
      const kit = await setUp({ with: 'sink save retry' })
      const { app, page } = kit
      const answered = page.waitForResponse((response) => response.url().endsWith(`/${link}`)).catch(() => {})
      await page.click(`#${link}`)
      await answered
      app.answer()
      // Chromium goes on with it; a browser that cuts it (Firefox) leaves it interrupted.
      await expect.poll(() => status(page)).toMatch(/^(succeeded|interrupted)$/)
      await page.evaluate(() => tools.flush())
      expectTruth(kit)
    },
  )

  it('has its answer when it comes back from the cache', async ({ skip }) => {
    const kit = await setUp({ with: 'sink save retry' })
    const { app, page } = kit
    skip(!(await keepsPages(browser, app.url)), 'this browser has no back-forward cache')
    await page.click('#other')
    await page.waitForURL('**/other')
    app.answer()
    await page.goBack({ waitUntil: 'commit' })
    await expect.poll(() => status(page)).toBe('succeeded')
    expect(await page.evaluate(() => [tools.outcome(), tools.seen])).toEqual([
      'resolved',
      ['processing', 'succeeded'],
    ])
    await page.evaluate(() => tools.flush())
    expect(kit.inbox.tracker.getTask(slot)?.status).toBe('succeeded')
    expectTruth(kit)
  })

  it('is interrupted when its connection broke while the page was in the cache', async ({ skip }) => {
    const kit = await setUp({ with: 'sink save retry' })
    const { app, page } = kit
    skip(!(await keepsPages(browser, app.url)), 'this browser has no back-forward cache')
    await page.click('#other')
    await page.waitForURL('**/other')
    app.cut()
    await page.goBack({ waitUntil: 'commit' })
    await ready(page)
    await expect.poll(() => status(page)).toBe('interrupted')
    expect(await page.evaluate(() => tools.seen)).not.toContain('failed')
    await page.evaluate(() => tools.flush())
    expectTruth(kit)
  })

  it('is interrupted when its connection broke while the tab was frozen', async () => {
    const profile = await createProfile()
    const { context, kill } = await startOwnChromium(profile.folder)
    onTestFinished(async () => {
      await kill()
      await profile.remove()
    })
    const kit = await setUp({ with: 'sink save retry', context })
    const { app, page } = kit
    const devtools = await context.newCDPSession(page)
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
    app.cut()
    await devtools.send('Page.setWebLifecycleState', { state: 'active' })
    await expect.poll(() => status(page)).toBe('interrupted')
    await expect.poll(() => page.evaluate(() => tools.outcome())).toBe('TypeError')
    expect(await page.evaluate(() => tools.seen)).not.toContain('failed')
    await page.evaluate(() => tools.flush())
    expectTruth(kit)
  })

  it('fails, and is tried again, when the server breaks the connection of a page that stays', async () => {
    const { app, page } = await setUp({ with: 'sink save retry' })
    app.cut()
    await expect.poll(() => app.paid.length).toBe(2)
    app.paid[1]!.writeHead(200).end()
    await expect.poll(() => status(page)).toBe('succeeded')
  })
})
