import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Inbox, startCollector } from '../../packages/http-adapter/src/testing/servers/collector.ts'
import { chromiumArgs, chromiumPath } from '../../tools/browser.ts'
import { bundlePage } from './bundle-page.ts'
import type { Tools } from './sink-page.ts'

declare const tools: Tools

const minute = 60_000
let browser: Browser
let collector: Awaited<ReturnType<typeof startCollector>>

beforeAll(async () => {
  const html = '<!doctype html><title>Sink</title><script type="module" src="/page.js"></script>'
  collector = await startCollector({
    '/page.js': await bundlePage('sink-page.ts'),
    '/other': '<!doctype html><title>Other</title>',
    '/': html,
  })
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArgs })
}, minute)

afterAll(async () => {
  await browser?.close()
  collector?.close()
})

let made = 0

/** A browser of its own with pages that send to an inbox of its own. */
async function setUp({ isSaved = false } = {}) {
  const name = `inbox-${(made += 1)}`
  const inbox = collector.open(name)
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const address = `${collector.pages}/?url=${encodeURIComponent(inbox.url)}${isSaved ? `&db=${name}` : ''}`
  const open = async (fake = false): Promise<Page> => {
    const page = await context.newPage()
    if (fake) await page.clock.install()
    await page.goto(address)
    await page.waitForFunction(() => 'tools' in globalThis)
    return page
  }
  return { name, inbox, context, open, address }
}

const idsIn = ({ tracker }: Inbox): readonly string[] =>
  tracker
    .serialize()
    .tasks.map(({ id }) => id)
    .toSorted()

const pending = (page: Page) => page.evaluate(() => tools.sink.counts.pending)

describe('httpSink in a page', { timeout: minute }, () => {
  it('delivers what changed right before the tab is closed, and asks no other origin for leave', async () => {
    const { name, inbox, open } = await setUp()
    const page = await open()
    const state = await page.evaluate(() => {
      tools.add('last-words')
      return tools.state()
    })
    await page.close()
    await expect.poll(() => idsIn(inbox)).toEqual(['last-words'])
    expect(inbox.tracker.serialize().tasks).toEqual((JSON.parse(state) as { tasks: unknown }).tasks)
    expect(inbox.requests[0]!.headers['content-type']).toBe('text/plain;charset=UTF-8')
    expect(collector.seen.filter((one) => one.includes(`/${name}/`))).toEqual([`POST /${name}/tasks`])
  })

  it('delivers 55 kB at once when the page is left', async () => {
    const { inbox, open } = await setUp()
    const page = await open()
    const size = await page.evaluate(() => {
      tools.add(...Array.from({ length: 275 }, (_one, place) => `task-${place}`))
      // Before the timer of a full batch.
      window.dispatchEvent(new Event('pagehide'))
      return tools.state().length
    })
    expect(size).toBeGreaterThan(55_000)
    await page.goto(`${collector.pages}/other`)
    await expect.poll(() => idsIn(inbox).length).toBe(275)
    for (const { text, headers } of inbox.requests) {
      expect(text.length).toBeLessThanOrEqual(49_152)
      expect(headers['content-type']).toBe('text/plain;charset=UTF-8')
    }
  })

  it('goes on after it was hidden, without sending anything again', async () => {
    const { inbox, open, context } = await setUp()
    const page = await open(true)
    await page.evaluate(() => tools.add('seen'))
    // Another tab on top of it does not hide a headless page; its own events say so.
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    })
    await expect.poll(() => idsIn(inbox)).toEqual(['seen'])
    await expect.poll(() => pending(page)).toBe(0)
    await page.clock.runFor(2 * minute)
    await page.evaluate(() => tools.sink.flush())
    expect(inbox.requests).toHaveLength(1)
    expect(await page.evaluate(() => tools.sink.counts)).toMatchObject({ created: 1, stored: 1, pending: 0 })
    await context.close()
  })

  it('delivers the newest state once after a minute offline', async () => {
    const { inbox, context, open } = await setUp()
    const page = await open(true)
    await page.evaluate(() => tools.add('trailer'))
    await page.clock.runFor(2_000)
    await expect.poll(() => inbox.requests.length).toBe(1)
    await context.setOffline(true)
    for (const progress of [10, 20, 30]) {
      await page.evaluate((progress) => void tools.tracker.updateTask('trailer', { progress }), progress)
      await page.clock.runFor(20_000)
    }
    await expect.poll(() => page.evaluate(() => tools.errors.length)).toBe(1)
    expect(inbox.requests).toHaveLength(1)
    await context.setOffline(false)
    // The event says so; no timer has to come.
    await expect.poll(() => inbox.requests.length).toBe(2)
    await page.clock.runFor(120_000)
    expect(inbox.requests).toHaveLength(2)
    expect(inbox.tracker.getTask('trailer')).toMatchObject({ progress: 30 })
    expect(await pending(page)).toBe(0)
  })

  it('keeps in IndexedDB what a collector that is down does not take, over a reload', async () => {
    const { inbox, open } = await setUp({ isSaved: true })
    inbox.faults.push(...Array.from({ length: 20 }, () => '503' as const))
    const page = await open()
    await page.evaluate(async () => {
      tools.add('one', 'two')
      tools.tracker.show('neon').setTitle('Neon')
      await tools.sink.flush()
    })
    expect(idsIn(inbox)).toEqual([])
    await page.reload()
    await page.waitForFunction(() => 'tools' in globalThis)
    await expect.poll(() => pending(page)).toBe(3)
    inbox.faults.length = 0
    await expect.poll(() => pending(page), { timeout: 20_000 }).toBe(0)
    expect(idsIn(inbox)).toEqual(['one', 'two'])
    expect(inbox.tracker.getPipeline('neon').title).toBe('Neon')
    // And nothing is left there.
    await page.evaluate(() => tools.sink.flush())
    await page.reload()
    await page.waitForFunction(() => 'tools' in globalThis)
    await page.evaluate(() => tools.sink.flush())
    expect(await page.evaluate(() => tools.sink.counts.created)).toBe(0)
  })

  it('loses nothing of two tabs that share a queue, when both are killed', async () => {
    const { inbox, open } = await setUp({ isSaved: true })
    inbox.faults.push(...Array.from({ length: 99 }, () => '503' as const))
    const [left, right] = [await open(), await open()]
    const many = (side: string) => Array.from({ length: 100 }, (_one, place) => `${side}-${place}`)
    await Promise.all([
      left.evaluate((ids) => tools.add(...ids), many('left')),
      right.evaluate((ids) => tools.add(...ids), many('right')),
    ])
    await left.evaluate(() => tools.sink.flush())
    await right.evaluate(() => tools.sink.flush())
    await Promise.all([left.close(), right.close()])
    expect(idsIn(inbox)).toEqual([])
    inbox.faults.length = 0
    const next = await open()
    await expect.poll(() => idsIn(inbox).length, { timeout: 20_000 }).toBe(200)
    expect(await next.evaluate(() => tools.errors)).toEqual([])
  })

  it.each([
    [
      'cannot begin',
      () => {
        const transaction = Reflect.get(IDBDatabase.prototype, 'transaction') as IDBDatabase['transaction']
        IDBDatabase.prototype.transaction = () => {
          IDBDatabase.prototype.transaction = transaction
          throw new DOMException('The database connection is closing.', 'InvalidStateError')
        }
      },
    ],
    [
      'is aborted',
      () => {
        const put = Reflect.get(IDBObjectStore.prototype, 'put') as IDBObjectStore['put']
        IDBObjectStore.prototype.put = function (...args) {
          IDBObjectStore.prototype.put = put
          const request = put.apply(this, args)
          this.transaction.abort()
          return request
        }
      },
    ],
    ['meets a lost connection', undefined],
  ])('keeps its queue after a transaction that %s', async (_what, breakOnce) => {
    const { inbox, context, open } = await setUp({ isSaved: true })
    inbox.faults.push(...Array.from({ length: 99 }, () => '503' as const))
    const page = await open()
    await page.evaluate(async () => {
      tools.add('one')
      await tools.sink.flush()
    })
    if (breakOnce) await page.evaluate(breakOnce)
    else {
      // As a person does it in the browser's settings.
      const devtools = await context.newCDPSession(page)
      const { origin } = new URL(page.url())
      await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
    }
    await page.evaluate(async () => {
      tools.add('two')
      await tools.sink.flush()
      tools.add('three')
      await tools.sink.flush()
    })
    const waiting = breakOnce ? ['one', 'two', 'three'] : ['two', 'three']
    expect(await page.evaluate(() => tools.errors)).toEqual([expect.stringContaining('503')])
    await page.reload()
    await page.waitForFunction(() => 'tools' in globalThis)
    await expect.poll(() => pending(page)).toBe(waiting.length)
    inbox.faults.length = 0
    await expect.poll(() => idsIn(inbox)).toEqual(waiting.toSorted())
  })

  it('goes on in memory where IndexedDB is refused', async () => {
    const { inbox, context, open } = await setUp({ isSaved: true })
    await context.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('denied', 'SecurityError')
      }
    })
    const page = await open()
    await page.evaluate(() => tools.add('one'))
    await expect.poll(() => idsIn(inbox)).toEqual(['one'])
    expect(await page.evaluate(() => tools.errors)).toEqual([expect.stringContaining('denied')])
  })
})
