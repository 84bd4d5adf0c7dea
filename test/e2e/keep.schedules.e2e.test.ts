import type { TaskRecord } from '@callsheet/core'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundlePage } from './bundle-page.ts'
import type { KeepTools } from './keep-page.ts'
import { startApp } from './keep-server.ts'
import { createProfile, type OwnChromium, startOwnChromium } from './own-chromium.ts'

declare const tools: KeepTools

// Tabs that open, start, reload, leave, freeze, come back and die, in an order that a seed decides.
// All of them: `SCHEDULES=200 pnpm exec vitest run --project e2e keep.schedules`; some again: `SEED=17,25 …`.

const minute = 60_000
const count = Number(process.env['SCHEDULES'] ?? 20)
const seeds = process.env['SEED']
  ? process.env['SEED'].split(',').map(Number)
  : Array.from({ length: count }, (_seed, index) => index + 1)
const actionsPerSchedule = 14
const maxTabs = 5

let chromium: OwnChromium
let context: BrowserContext
let profile: Awaited<ReturnType<typeof createProfile>>
let script: string

beforeAll(async () => {
  script = await bundlePage('keep-page.ts')
  profile = await createProfile()
  chromium = await startOwnChromium(profile.folder)
  context = chromium.context
}, 5 * minute)

afterAll(async () => {
  await chromium?.kill()
  await profile?.remove()
})

/** The same numbers for a seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Tab {
  readonly page: Page
  state: 'here' | 'away' | 'frozen'
}

/** A session of its own each time: that of a page is lost when the page comes back from the cache. */
async function setState(tab: Tab, state: 'frozen' | 'active'): Promise<void> {
  const session = await context.newCDPSession(tab.page)
  await session.send('Page.setWebLifecycleState', { state })
  tab.state = state === 'frozen' ? 'frozen' : 'here'
}

const isReady = async (page: Page): Promise<void> => {
  await page.waitForFunction(() => 'tools' in globalThis)
  await page.evaluate(() => tools.ready())
}

const tasksOf = (page: Page): Promise<readonly TaskRecord[]> =>
  page.evaluate(() => tools.tasks().toSorted((a, b) => (a.id < b.id ? -1 : 1)))

/** The tasks of all pages once they are the same, have ended, and stay so. */
async function settled(pages: readonly Page[]): Promise<readonly TaskRecord[]> {
  let last = ''
  let tasks: readonly TaskRecord[] = []
  const isSettled = async () => {
    const all = await Promise.all(pages.map(tasksOf))
    tasks = all[0]!
    const [before, texts] = [last, new Set(all.map((one) => JSON.stringify(one.map(sorted))))]
    last = [...texts].join()
    const hasEnded = tasks.every(({ status }) => status !== 'starting' && status !== 'processing')
    return hasEnded && texts.size === 1 && before === last
  }
  await expect.poll(isSettled, { timeout: minute, interval: 500 }).toBe(true)
  return tasks
}

const sorted = (task: TaskRecord) => Object.entries(task).toSorted(([a], [b]) => (a < b ? -1 : 1))

async function play(seed: number): Promise<void> {
  const random = seeded(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const app = await startApp(script)
  const { url, keysOf } = app.origin()
  const tabs = new Set<Tab>()
  const log: string[] = []
  const slots = ['ada', 'bo', 'cy', 'di']
  const here = () => [...tabs].filter(({ state }) => state === 'here')

  async function openTab(): Promise<void> {
    const page = await context.newPage()
    // Each tab has a clock of its own, which jumps.
    const jump = Math.floor(random() * 20_000) - 10_000
    await page.addInitScript((ms) => {
      const { now } = Date
      let offset = 0
      setTimeout(() => (offset = ms), Math.abs(ms) / 20)
      Date.now = () => now() + offset
    }, jump)
    await page.goto(url)
    await isReady(page)
    tabs.add({ page, state: 'here' })
  }

  const startAll = async (some: readonly Tab[], slot: string) => {
    const kind = random() < 0.6 ? 'job' : 'call'
    await Promise.all(
      some.map(({ page }) =>
        page.evaluate(([slot, kind]) => void tools.start(slot, kind), [slot, kind] as const),
      ),
    )
  }

  const actions: Record<string, () => Promise<void>> = {
    open: async () => {
      if (tabs.size < maxTabs) await openTab()
    },
    start: () => startAll([pick(here())], pick(slots)),
    startEverywhere: () => startAll(here(), pick(slots)),
    async reload() {
      const { page } = pick(here())
      await page.reload()
      await isReady(page)
    },
    async leave() {
      const tab = pick(here())
      await tab.page.goto(new URL('/other', url).href)
      tab.state = 'away'
    },
    async comeBack() {
      const away = [...tabs].filter(({ state }) => state === 'away')
      if (away.length === 0) return
      const tab = pick(away)
      await tab.page.goBack({ waitUntil: 'commit' })
      await isReady(tab.page)
      tab.state = 'here'
    },
    async freeze() {
      const tab = pick(here())
      await setState(tab, 'frozen')
    },
    async thaw() {
      const frozen = [...tabs].filter(({ state }) => state === 'frozen')
      if (frozen.length === 0) return
      const tab = pick(frozen)
      await setState(tab, 'active')
    },
    async close() {
      const tab = pick(here())
      tabs.delete(tab)
      await tab.page.close({ runBeforeUnload: random() < 0.5 })
    },
    async crash() {
      const tab = pick(here())
      tabs.delete(tab)
      const crashed = tab.page.waitForEvent('crash')
      const session = await context.newCDPSession(tab.page)
      session.send('Page.crash').catch(() => {})
      await crashed
      await tab.page.close()
    },
    hold: async () => app.hold(),
    release: async () => app.release(),
  }

  try {
    app.hold()
    await openTab()
    await openTab()
    for (let turn = 0; turn < actionsPerSchedule; turn += 1) {
      if (here().length === 0) await openTab()
      const name = pick(Object.keys(actions))
      log.push(name)
      await actions[name]!()
    }
    // Everything comes to an end.
    app.release()
    for (const tab of tabs) {
      if (tab.state === 'frozen') await setState(tab, 'active')
      if (tab.state !== 'away') continue
      tabs.delete(tab)
      await tab.page.close()
    }
    if (tabs.size === 0) await openTab()
    const tasks = await settled([...tabs].map(({ page }) => page))
    await here()[0]!.page.evaluate(() => tools.kept.flush())
    // What is saved is the same, too.
    for (const { page } of tabs) await page.close()
    tabs.clear()
    await openTab()
    await expect.poll(() => tasksOf(here()[0]!.page)).toEqual(tasks)
    const { view, errors } = await here()[0]!.page.evaluate(() => ({
      view: tools.view().step('portrait').failed,
      errors: tools.errors,
    }))
    expect([view, errors]).toEqual([0, []])
    for (const slot of slots) expect(new Set(keysOf(slot)).size, `${slot} is paid for`).toBeLessThanOrEqual(1)
    for (const { status, stage } of tasks) {
      expect(status).toMatch(/^(?:succeeded|interrupted)$/)
      if (status === 'interrupted') expect(stage).toMatch(/left|closed/)
    }
  } catch (error) {
    const told = await Promise.all(
      [...tabs].map(({ page }) => page.evaluate(() => [tools.errors, tools.seen, tools.tasks()])),
    )
    throw new Error(`Seed ${seed}: ${log.join(', ')}. Pages: ${JSON.stringify(told)}`, { cause: error })
  } finally {
    for (const { page } of tabs) await page.close().catch(() => {})
    app.close()
  }
}

describe('tabs that come and go', () => {
  it.each(seeds)('pay once, agree, and leave nothing behind: schedule %i', { timeout: 10 * minute }, play)
})
