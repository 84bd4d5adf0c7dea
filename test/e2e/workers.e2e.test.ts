import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startCollector } from '../../packages/http-adapter/src/testing/servers/collector.ts'
import { startLiveServer } from '../../packages/http-adapter/src/testing/servers/live-server.ts'
import { chromiumArgs, chromiumPath } from '../../tools/browser.ts'
import { bundlePage } from './bundle-page.ts'
import type { Orders } from './worker.ts'

const minute = 60_000
const outputUrl = 'https://cdn.example/trailer.mp4'
let browser: Browser
let script: string

beforeAll(async () => {
  script = await bundlePage('worker.ts')
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArgs })
}, minute)

afterAll(() => browser?.close())

/** In the page: starts the worker, and gives what it reports. */
async function order({ kind, orders }: { kind: string; orders: Orders }): Promise<unknown> {
  const { port1, port2 } = new MessageChannel()
  const report = new Promise((resolve) => port1.addEventListener('message', ({ data }) => resolve(data)))
  port1.start()
  if (kind === 'service') {
    await navigator.serviceWorker.register('/worker.js', { type: 'module' })
    const { active } = await navigator.serviceWorker.ready
    active!.postMessage(orders, [port2])
  } else new Worker('/worker.js', { type: 'module' }).postMessage(orders, [port2])
  return report
}

describe('the adapter in a worker', { timeout: minute }, () => {
  it.each(['dedicated', 'service'])('tracks, delivers and listens in a %s worker', async (kind) => {
    const collector = await startCollector()
    onTestFinished(() => collector.close())
    const inbox = collector.open(kind)
    const pages = {
      '/': '<!doctype html><title>Worker</title>',
      '/worker.js': script,
      '/trailer.json': JSON.stringify({ outputUrl }),
    }
    const server = await startLiveServer({ pages })
    onTestFinished(() => server.close())
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const page = await context.newPage()
    await page.goto(server.url)
    const report = page.evaluate(order, { kind, orders: { collector: inbox.url, db: kind } })
    const arrived = () => inbox.tracker.getPipeline('s1').step('trailer').status
    await expect.poll(arrived, { timeout: minute / 2 }).toBe('succeeded')
    server.truth.addTask({ id: 'poster', showId: 's1', type: 'library-poster', status: 'succeeded' })
    const [trailer] = inbox.tracker.getTasks({ showId: 's1' })
    expect(await report).toEqual({
      globals: [],
      answer: { outputUrl },
      trailer,
      live: 'live',
      counts: { stored: 1, pending: 0 },
      errors: [],
    })
    expect(trailer).toMatchObject({ status: 'succeeded', outputUrl })
    await expect.poll(() => server.readers()).toBe(0)
  })
})
