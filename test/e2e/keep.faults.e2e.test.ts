import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundlePage } from './bundle-page.ts'
import type { KeepTools } from './keep-page.ts'
import { startApp } from './keep-server.ts'
import { createProfile, type OwnChromium, startOwnChromium } from './own-chromium.ts'

declare const tools: KeepTools

const minute = 60_000
let chromium: OwnChromium
let context: BrowserContext
let profile: Awaited<ReturnType<typeof createProfile>>
let app: Awaited<ReturnType<typeof startApp>>
/** Rejections that no code has handled. */
const unhandled: string[] = []

beforeAll(async () => {
  app = await startApp(await bundlePage('keep-page.ts'))
  profile = await createProfile()
  chromium = await startOwnChromium(profile.folder, ['--host-resolver-rules=MAP *.test 127.0.0.1'])
  context = chromium.context
}, 5 * minute)

afterAll(async () => {
  await chromium?.kill()
  app?.close()
  await profile?.remove()
})

/** @param fault Runs in the page before its scripts. */
async function open(url: string, fault?: () => void): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', ({ message }) => void unhandled.push(message))
  if (fault) await page.addInitScript(fault)
  await page.goto(url)
  await isReady(page)
  return page
}

async function isReady(page: Page): Promise<void> {
  await page.waitForFunction(() => 'tools' in globalThis)
  await page.evaluate(() => tools.ready())
}

const statusesOf = (page: Page) => page.evaluate(() => tools.tasks().map(({ status }) => status))
const errorsOf = (page: Page) => page.evaluate(() => tools.errors)
const make = (page: Page, slot: string) => page.evaluate((slot) => tools.start(slot, 'call'), slot)
const flush = (page: Page) => page.evaluate(() => tools.kept.flush())

async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash')
  const session = await context.newCDPSession(page)
  session.send('Page.crash').catch(() => {})
  await crashed
  await page.close()
}

describe('a kept tracker in trouble', () => {
  it('knows of a call whose only tab was killed before anything was saved', async () => {
    const { url, keysOf } = app.origin()
    // The page never saves: as if it had been killed at once.
    const page = await open(url, () => {
      // oxlint-disable-next-line typescript/unbound-method -- called with its object
      const { put } = IDBObjectStore.prototype
      IDBObjectStore.prototype.put = function (value, ...rest) {
        if (this.name === 'records') throw new DOMException('The disk is full.', 'QuotaExceededError')
        return put.call(this, value, ...rest)
      }
    })
    app.hold()
    await page.evaluate(() => void tools.start('ada', 'call'))
    await expect.poll(() => keysOf('ada').length).toBe(1)
    await crash(page)
    const next = await open(url)
    expect(await statusesOf(next)).toEqual(['interrupted'])
    app.release()
    expect(await make(next, 'ada')).toBe('made')
    const [first, second] = keysOf('ada')
    expect(second).toBe(first)
    await next.close()
  })

  it('reports a full disk once, goes on, and saves later', async () => {
    const { url } = app.origin()
    const page = await open(url, () => {
      // oxlint-disable-next-line typescript/unbound-method -- called with its object
      const { put } = IDBObjectStore.prototype
      Object.assign(globalThis, { isFull: true })
      IDBObjectStore.prototype.put = function (value, ...rest) {
        if ((globalThis as { isFull?: boolean }).isFull)
          throw new DOMException('The disk is full.', 'QuotaExceededError')
        return put.call(this, value, ...rest)
      }
    })
    expect([await make(page, 'ada'), await make(page, 'bo')]).toEqual(['made', 'made'])
    await flush(page)
    await flush(page)
    expect(new Set(await errorsOf(page))).toEqual(new Set(['The disk is full.']))
    const before = (await errorsOf(page)).length
    await page.evaluate(() => {
      Object.assign(globalThis, { isFull: false })
      return tools.kept.flush()
    })
    expect((await errorsOf(page)).length).toBe(before)
    await page.reload()
    await page.waitForFunction(() => 'tools' in globalThis)
    await crash(page)
    const next = await open(url)
    expect(await statusesOf(next)).toEqual(['succeeded', 'succeeded'])
    await next.close()
  })

  it('reads what is whole in rows that are damaged, and keeps it when it saves', async () => {
    const { url } = app.origin()
    const page = await open(url)
    expect(await make(page, 'ada')).toBe('made')
    await flush(page)
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const request = indexedDB.open('callsheet:app')
          request.addEventListener('success', () => {
            const transaction = request.result.transaction('records', 'readwrite')
            const store = transaction.objectStore('records')
            const rows = store.getAll()
            rows.addEventListener('success', () => {
              for (const row of rows.result) store.put({ ...row, tasks: [null, 5, ...row.tasks] })
              store.put({ key: ['bad', 1, 0], tasks: 'nothing' })
              store.put({ key: ['', 0, 0.5], tasks: [{}], shows: 7 })
            })
            transaction.addEventListener('complete', () => {
              request.result.close()
              resolve()
            })
          })
        }),
    )
    await page.evaluate(() => localStorage.setItem('callsheet:app:left:x', '{"v":'))
    await page.reload()
    await isReady(page)
    expect(await statusesOf(page)).toEqual(['succeeded'])
    expect(await errorsOf(page)).toEqual([
      expect.stringContaining('rejected'),
      expect.stringContaining('Cannot read what was saved'),
    ])
    expect(await make(page, 'bo')).toBe('made')
    await flush(page)
    await page.reload()
    await isReady(page)
    expect(await statusesOf(page)).toEqual(['succeeded', 'succeeded'])
    await page.close()
  })

  it('leaves a database of a newer version alone', async () => {
    const { url } = app.origin()
    const page = await context.newPage()
    await page.goto(`${url}other`)
    const versionOf = () =>
      page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            const request = indexedDB.open('callsheet:app')
            request.addEventListener('success', () => {
              resolve(request.result.version)
              request.result.close()
            })
          }),
      )
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const request = indexedDB.open('callsheet:app', 7)
          request.addEventListener('success', () => {
            request.result.close()
            resolve()
          })
        }),
    )
    await page.goto(url)
    await isReady(page)
    expect(await make(page, 'ada')).toBe('made')
    expect(await errorsOf(page)).toEqual([expect.stringContaining('Cannot save in indexeddb')])
    expect(await versionOf()).toBe(7)
    await page.close()
  })

  const refusals: readonly (readonly [string, () => void, number])[] = [
    [
      'IndexedDB throws',
      () => {
        IDBFactory.prototype.open = () => {
          throw new DOMException('refused', 'SecurityError')
        }
      },
      1,
    ],
    [
      'IndexedDB never opens',
      () => {
        IDBFactory.prototype.open = () => Object.setPrototypeOf(new EventTarget(), IDBOpenDBRequest.prototype)
      },
      1,
    ],
    [
      'all storage is refused',
      () => {
        const refuse = () => {
          throw new DOMException('refused', 'SecurityError')
        }
        IDBFactory.prototype.open = refuse
        Object.defineProperty(globalThis, 'localStorage', { get: refuse })
      },
      2,
    ],
    [
      'localStorage is refused',
      () =>
        (Storage.prototype.setItem = () => {
          throw new Error('refused')
        }),
      0,
    ],
  ]

  it.each(refusals)('goes on when %s', async (_what, fault, errors) => {
    const { url, keysOf } = app.origin()
    const page = await open(url, fault)
    expect(await make(page, 'ada')).toBe('made')
    expect(await make(page, 'ada')).toBe('done before')
    expect(keysOf('ada')).toHaveLength(1)
    expect(await errorsOf(page)).toHaveLength(errors)
    await page.close()
  })

  it.each([
    ['is closed', (page: Page) => page.close({ runBeforeUnload: true })],
    ['is killed', crash],
  ])('shares work on an insecure origin, and goes on when a tab %s', async (_how, leave) => {
    const { url, keysOf } = app.origin('test')
    app.hold()
    const [a, b] = [await open(url), await open(url)]
    expect(await a.evaluate(() => isSecureContext || 'locks' in navigator)).toBe(false)
    await a.evaluate(() => void tools.start('ada', 'job'))
    await a.evaluate(() => void tools.start('bo', 'call'))
    await expect.poll(() => statusesOf(b)).toEqual(['processing', 'processing'])
    await expect.poll(() => keysOf('bo').length).toBe(1)
    await expect.poll(() => b.evaluate(() => tools.tasks().some(({ job }) => job))).toBe(true)
    expect(await make(b, 'bo')).toBe('AlreadyRunningError')
    await leave(a)
    await expect.poll(() => statusesOf(b), { timeout: minute }).toContain('interrupted')
    app.release()
    await expect.poll(() => statusesOf(b)).toContain('succeeded')
    expect([keysOf('ada').length, keysOf('bo').length]).toEqual([1, 1])
    expect(await errorsOf(b)).toEqual([])
    await b.close()
  })

  it('pays once when two tabs of an insecure origin start the same at once', async () => {
    const { url, keysOf } = app.origin('test')
    const [a, b] = [await open(url), await open(url)]
    await Promise.all([make(a, 'ada'), make(b, 'ada')])
    expect(keysOf('ada')).toHaveLength(1)
    await a.close()
    await b.close()
  })

  it('goes on when its lock is stolen', async () => {
    const { url } = app.origin()
    const page = await open(url)
    await page.evaluate(async () => {
      const { held = [] } = await navigator.locks.query()
      for (const { name = '' } of held) await navigator.locks.request(name, { steal: true }, () => {})
    })
    expect(await make(page, 'ada')).toBe('made')
    await page.close()
  })

  it('goes on when locks are refused', async () => {
    const { url } = app.origin()
    const page = await open(url, () => {
      const refuse = async () => {
        throw new DOMException('refused', 'SecurityError')
      }
      LockManager.prototype.request = refuse
      LockManager.prototype.query = refuse
    })
    expect(await make(page, 'ada')).toBe('made')
    await page.close()
  })

  it('cannot be kept twice at a time, and makes its calls after it was closed', async () => {
    const { url, keysOf } = app.origin()
    const page = await open(url)
    await page
      .evaluate(() => tools.keepAgain())
      .then(
        () => expect.unreachable(),
        (error: unknown) => expect(String(error)).toMatch(/already/),
      )
    await page.evaluate(() => tools.kept.close())
    expect(await make(page, 'ada')).toBe('made')
    await page.evaluate(async () => {
      // As an effect does that is run twice.
      const again = tools.keepAgain()
      await Promise.all([again.close(), again.ready])
      await tools.keepAgain().ready
    })
    expect(await make(page, 'bo')).toBe('made')
    expect([keysOf('ada').length, keysOf('bo').length]).toEqual([1, 1])
    await page.close()
  })

  it.each(['indexeddb', 'localstorage'])('forgets and removes shows in %s, too', async (storage) => {
    const { url } = app.origin()
    const page = await open(`${url}?maxTasks=3&storage=${storage}`)
    await page.evaluate(async () => {
      const add = (showId: string) =>
        tools.tracker.addTask({ showId, type: 'show-generation', status: 'succeeded' })
      for (const showId of ['one', 'two', 'gone']) add(showId)
      await tools.kept.flush()
      tools.tracker.removeShow('gone')
      for (const showId of ['three', 'four']) add(showId)
      await tools.kept.flush()
    })
    const held = await page.evaluate(() => tools.tracker.getShows())
    expect(held).toContain('four')
    expect(held).not.toContain('one')
    await expect
      .poll(async () => {
        const late = await open(`${url}?storage=${storage}`)
        const shows = await late.evaluate(() => tools.tracker.getShows().toSorted())
        await late.close()
        return shows
      })
      .toEqual(held.toSorted())
    await page.close()
  })

  it('leaves no rejection unhandled', () => {
    expect(unhandled).toEqual([])
  })
})
