import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startLiveServer } from '../../packages/http-adapter/src/testing/servers/live-server.ts'
import { chromiumArgs, chromiumPath } from '../../tools/browser.ts'
import { bundlePage } from './bundle-page.ts'
import type { LiveTools } from './live-page.ts'

declare const tools: LiveTools

const minute = 60_000
let browser: Browser
let script: string

beforeAll(async () => {
  script = await bundlePage('live-page.ts')
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArgs })
}, minute)

afterAll(() => browser?.close())

async function setUp() {
  const html = '<!doctype html><title>Live</title><script type="module" src="/page.js"></script>'
  const server = await startLiveServer({ heartbeat: 700, pages: { '/': html, '/page.js': script } })
  onTestFinished(() => server.close())
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const open = async () => {
    await page.goto(server.url)
    await page.waitForFunction(() => 'tools' in globalThis)
  }
  const states = () => page.evaluate(() => tools.states())
  const tasks = () => page.evaluate(() => tools.tasks())
  /** The page holds what the server does. */
  const agree = () => expect.poll(tasks, { timeout: minute / 2 }).toEqual(server.truth.serialize().tasks)
  return { server, page, open, states, agree }
}

describe('liveSource in a page', { timeout: minute }, () => {
  it('has one connection for ten views, and survives that the server restarts', async () => {
    const { server, page, open, states, agree } = await setUp()
    const { truth } = server
    truth.addTask({ id: 'a', showId: 's1', type: 'trailer', status: 'processing' })
    await open()
    await expect.poll(states).toEqual(['live'])
    truth.updateTask('a', { progress: 40, stage: 'frames 🎬' })
    await agree()
    expect(server.requests.map(({ path }) => path)).toEqual(['/shows/s1/live'])
    expect(server.readers()).toBe(1)
    await server.restart(200)
    truth.updateTask('a', { status: 'succeeded' })
    await agree()
    await expect.poll(states).toEqual(['live'])
    expect(server.readers()).toBe(1)
    expect(server.counts.reset).toBe(1)
    const statuses = await page.evaluate(() => tools.statuses)
    expect(new Set(statuses.map((list) => list.join())).size).toBe(1)
    expect(statuses[0]).toContain('waiting')
    await page.evaluate(() => tools.release())
    await expect.poll(states).toEqual(['idle'])
    await expect.poll(() => server.readers()).toBe(0)
  })

  it('asks for snapshots while the stream is held back, and streams when it is not any more', async () => {
    const { server, page, open, states, agree } = await setUp()
    const { truth } = server
    server.setFault('held')
    truth.addTask({ id: 'a', showId: 's1', type: 'trailer', status: 'processing' })
    await open()
    await expect.poll(() => page.evaluate(() => tools.answers())).toBe(1)
    await page.evaluate(() => tools.expire())
    await expect.poll(states).toEqual(['polling'])
    truth.updateTask('a', { status: 'succeeded' })
    await agree()
    expect(server.requests.filter(({ path }) => path.endsWith('/live'))).toHaveLength(1)
    server.setFault()
    await page.evaluate(() => tools.jump(300_000))
    await expect.poll(states).toEqual(['live'])
    truth.addTask({ id: 'b', showId: 's1', type: 'library-poster' })
    await agree()
    expect(await page.evaluate(() => tools.errors)).toEqual([
      expect.stringContaining('is polling: the stream is held back'),
    ])
  })
})
