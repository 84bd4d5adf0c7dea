import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startCollector } from '../../packages/http-adapter/src/testing/servers/collector.ts'
import { bundlePage } from './bundle-page.ts'
import { createProfile, startOwnChromium } from './own-chromium.ts'
import type { Tools } from './sink-page.ts'

declare const tools: Tools

const minute = 60_000
/** How often the browser is killed: `KILLS=50 pnpm exec vitest run --project e2e crash`. */
const kills = Number(process.env['KILLS'] ?? 3)
/**
 * How old a change may be that is lost with the browser, in ms. The figure that we promise is measured by many kills on
 * a quiet machine; on a busy one a transaction takes longer.
 */
const mayBeLost = kills > 3 ? 50 : 2_000

let collector: Awaited<ReturnType<typeof startCollector>>
let profile: Awaited<ReturnType<typeof createProfile>>

beforeAll(async () => {
  const html = '<!doctype html><title>Sink</title><script type="module" src="/page.js"></script>'
  collector = await startCollector({ '/page.js': await bundlePage('sink-page.ts'), '/': html })
  profile = await createProfile()
}, minute)

afterAll(async () => {
  collector?.close()
  await profile?.remove()
})

/** A page of the sink, in a browser that ends with the test at the latest. */
async function open(address: string) {
  const { context, kill } = await startOwnChromium(profile.folder)
  onTestFinished(kill)
  const page = await context.newPage()
  await page.goto(address)
  await page.waitForFunction(() => 'tools' in globalThis)
  return { page, kill }
}

/** Makes a task every few ms; of each the page says that it is there, and when it was made. */
async function make(page: Page, name: string) {
  const made = new Map<string, number>()
  page.on('console', (message) => {
    const [id, at] = message.text().split(' ')
    if (id!.startsWith(name)) made.set(id!, Number(at))
  })
  await page.evaluate((name) => {
    let count = 0
    setInterval(() => {
      const id = `${name}-${(count += 1)}`
      tools.add(id)
      console.log(`${id} ${Date.now()}`)
    }, 5)
  }, name)
  return made
}

describe('a queue in IndexedDB', () => {
  it(
    `loses nothing older than ${mayBeLost} ms when the browser is killed, ${kills} times`,
    { timeout: kills * minute },
    async () => {
      const inbox = collector.open('inbox')
      const address = `${collector.pages}/?url=${encodeURIComponent(inbox.url)}&db=queue`
      const ages: number[] = []
      let total = 0
      for (let round = 1; round <= kills; round += 1) {
        inbox.faults.push(...Array.from({ length: 1_000 }, () => '503' as const))
        const first = await open(address)
        const made = await make(first.page, `kill-${round}`)
        await expect.poll(() => made.size).toBeGreaterThan(20)
        // At any place in a batch, a request or a wait.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_500))
        const killedAt = Date.now()
        await first.kill()

        inbox.faults.length = 0
        const before = inbox.requests.length
        const { page, kill } = await open(address)
        await expect.poll(() => page.evaluate(() => tools.sink.counts.created)).toBeGreaterThan(0)
        await page.evaluate(() => tools.sink.flush())
        expect(await page.evaluate(() => [tools.sink.counts.pending, tools.errors])).toEqual([0, []])
        await kill()

        const sent = inbox.requests
          .slice(before)
          .flatMap(({ text }) => (JSON.parse(text) as { tasks: { id: string }[] }).tasks)
        const arrived = new Set(sent.map(({ id }) => id))
        // Each once, and nothing of an earlier round again.
        expect(sent).toHaveLength(arrived.size)
        for (const id of arrived) expect(id).toMatch(`kill-${round}-`)
        for (const [id, at] of made) if (!arrived.has(id)) ages.push(killedAt - at)
        total += arrived.size
      }
      const oldest = Math.max(0, ...ages)
      console.log(`${kills} kills: ${total} delivered, ${ages.length} lost, the oldest ${oldest} ms old`)
      expect(oldest).toBeLessThan(mayBeLost)
      expect(inbox.tracker.serialize().tasks).toHaveLength(total)
    },
  )
})
