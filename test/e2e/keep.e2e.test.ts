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

beforeAll(async () => {
  app = await startApp(await bundlePage('keep-page.ts'))
  profile = await createProfile()
  chromium = await startOwnChromium(profile.folder)
  context = chromium.context
}, 5 * minute)

afterAll(async () => {
  await chromium?.kill()
  app?.close()
  await profile?.remove()
})

async function open(url: string): Promise<Page> {
  const page = await context.newPage()
  await goTo(page, url)
  return page
}

async function goTo(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await isReady(page)
}

async function isReady(page: Page): Promise<void> {
  await page.waitForFunction(() => 'tools' in globalThis)
  await page.evaluate(() => tools.ready())
}

const tasksOf = (page: Page) => page.evaluate(() => tools.tasks())
const statusesOf = async (page: Page) => (await tasksOf(page)).map(({ status }) => status)
const begin = (page: Page, slot: string, kind: 'call' | 'job') =>
  page.evaluate(([slot, kind]) => void tools.start(slot, kind), [slot, kind] as const)
const make = (page: Page, slot: string, kind: 'call' | 'job') =>
  page.evaluate(([slot, kind]) => tools.start(slot, kind), [slot, kind] as const)

describe('a tracker that is kept in the browser', () => {
  it('has its finished work after a reload, and pays for nothing again', async () => {
    const { url, keysOf } = app.origin()
    const page = await open(url)
    expect(await make(page, 'ada', 'call')).toBe('made')
    const [before] = await tasksOf(page)
    await page.reload()
    await isReady(page)
    expect(await tasksOf(page)).toEqual([before])
    expect(await make(page, 'ada', 'call')).toBe('done before')
    expect(keysOf('ada')).toHaveLength(1)
    await page.close()
  })

  it('follows a job after a reload', async () => {
    const { url, keysOf } = app.origin()
    app.hold()
    const page = await open(url)
    await begin(page, 'ada', 'job')
    await expect.poll(async () => (await tasksOf(page))[0]?.job?.id).toBeDefined()
    await page.reload()
    await isReady(page)
    expect(await statusesOf(page)).toEqual(['processing'])
    app.release()
    await expect.poll(() => statusesOf(page)).toEqual(['succeeded'])
    expect(keysOf('ada')).toHaveLength(1)
    await page.close()
  })

  it('says that a call was interrupted by a reload, and repeats it with its key', async () => {
    const { url, keysOf } = app.origin()
    app.hold()
    const page = await open(url)
    await begin(page, 'ada', 'call')
    await expect.poll(() => keysOf('ada').length).toBe(1)
    await page.reload()
    await isReady(page)
    expect(await statusesOf(page)).toEqual(['interrupted'])
    expect((await tasksOf(page))[0]!.stage).toMatch(/closed|left/)
    app.release()
    expect(await make(page, 'ada', 'call')).toBe('made')
    const [first, second] = keysOf('ada')
    expect(second).toBe(first)
    await page.close()
  })

  it('leaves no slot blocked when a page ends as soon as it has queued a call', async () => {
    const { url, keysOf } = app.origin()
    const page = await open(url)
    await Promise.all([page.waitForNavigation(), page.evaluate(() => tools.queueAndReload('ada'))])
    await isReady(page)
    expect(await make(page, 'ada', 'call')).toBe('made')
    expect(keysOf('ada')).toHaveLength(1)
    await page.close()
  })

  it('pays once when two tabs start the same at once, and both show the same', async () => {
    const { url, keysOf } = app.origin()
    const [a, b] = [await open(url), await open(url)]
    const ends = await Promise.all([make(a, 'ada', 'job'), make(b, 'ada', 'job')])
    expect(ends.toSorted()).toEqual(expect.arrayContaining(['made']))
    expect(keysOf('ada')).toHaveLength(1)
    await expect.poll(() => tasksOf(b)).toEqual(await tasksOf(a))
    await a.close()
    await b.close()
  })

  it.each(['dismiss', 'reset'] as const)('makes it again in a second tab after a %s there', async (how) => {
    const { url, keysOf } = app.origin()
    const [a, b] = [await open(url), await open(url)]
    expect(await make(a, 'ada', 'call')).toBe('made')
    await expect.poll(() => statusesOf(b)).toEqual(['succeeded'])
    await b.evaluate((how) => tools.tracker[how]({ showId: 'neon' }), how)
    expect(await b.evaluate(() => tools.tasks().length)).toBe(0)
    expect(
      await b.evaluate(() =>
        tools.tracker.show('neon').track('portrait', () => tools.start('bo', 'call'), { characterId: 'ada' }),
      ),
    ).toBe('made')
    expect(keysOf('bo')).toHaveLength(1)
    await a.close()
    await b.close()
  })

  it('shows what another tab does, and knows that it runs elsewhere', async () => {
    const { url, keysOf } = app.origin()
    app.hold()
    const [a, b] = [await open(url), await open(url)]
    await begin(a, 'ada', 'call')
    await expect.poll(() => statusesOf(b)).toEqual(['processing'])
    expect(await make(b, 'ada', 'call')).toBe('AlreadyRunningError')
    const late = await open(url)
    expect(await statusesOf(late)).toEqual(['processing'])
    app.release()
    await expect.poll(() => statusesOf(late)).toEqual(['succeeded'])
    expect(keysOf('ada')).toHaveLength(1)
    for (const page of [a, b, late]) await page.close()
  })

  const leavings: readonly (readonly [string, (page: Page) => Promise<unknown>])[] = [
    ['closed', (page) => page.close()],
    ['closed with what it does before it unloads', (page) => page.close({ runBeforeUnload: true })],
    ['killed', crash],
    ['left for another page', (page) => page.goto(`${new URL(page.url()).origin}/other`)],
  ]

  it.each(leavings)('leaves its work to another tab when it is %s', async (_how, leave) => {
    const { url, keysOf } = app.origin()
    app.hold()
    const [a, b] = [await open(url), await open(url)]
    await begin(a, 'ada', 'job')
    await begin(a, 'bo', 'call')
    await expect.poll(async () => (await tasksOf(b)).some((task) => task.job)).toBe(true)
    await expect.poll(() => keysOf('bo').length).toBe(1)
    await leave(a)
    const statusOf = async (slot: string) =>
      (await tasksOf(b)).find(({ characterId }) => characterId === slot)?.status
    await expect.poll(() => statusOf('bo')).toBe('interrupted')
    app.release()
    await expect.poll(() => statusOf('ada')).toBe('succeeded')
    expect([keysOf('ada').length, keysOf('bo').length]).toEqual([1, 1])
    expect(await b.evaluate(() => tools.errors)).toEqual([])
    await b.close()
  })

  it.each(['localstorage', 'memory'])('goes on with %s', async (storage) => {
    const { url, keysOf } = app.origin()
    const page = await open(`${url}?storage=${storage}`)
    expect(await make(page, 'ada', 'call')).toBe('made')
    expect(keysOf('ada')).toHaveLength(1)
    await page.reload()
    await isReady(page)
    expect(await statusesOf(page)).toEqual(storage === 'memory' ? [] : ['succeeded'])
    expect(await page.evaluate(() => tools.errors)).toEqual([])
    await page.close()
  })

  it('goes on when the site data are cleared under it', async () => {
    const { url } = app.origin()
    const page = await open(url)
    expect(await make(page, 'ada', 'call')).toBe('made')
    await page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const request = indexedDB.deleteDatabase('callsheet:app')
          request.addEventListener('success', resolve)
          request.addEventListener('error', reject)
        }),
    )
    expect(await make(page, 'bo', 'call')).toBe('made')
    await page.evaluate(() => tools.kept.flush())
    await page.reload()
    await isReady(page)
    expect((await tasksOf(page)).map(({ characterId }) => characterId)).toContain('bo')
    await page.close()
  })
})

/** Ends a page's process. */
async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  session.send('Page.crash').catch(() => {})
}
