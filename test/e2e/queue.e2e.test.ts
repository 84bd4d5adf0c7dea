import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { startCollector } from '../../packages/http-adapter/src/testing/servers/collector.ts'
import { queueStorageContract } from '../../packages/http-adapter/src/test/queue-storage-contract.ts'
import { chromiumArgs, chromiumPath } from '../../tools/browser.ts'
import { bundlePage } from './bundle-page.ts'
import type { QueueTools } from './queue-page.ts'

declare const queueTools: QueueTools

const minute = 60_000
let browser: Browser
let page: Page
let server: Awaited<ReturnType<typeof startCollector>>

beforeAll(async () => {
  server = await startCollector({
    '/page.js': await bundlePage('queue-page.ts'),
    '/': '<!doctype html><title>Queue</title><script type="module" src="/page.js"></script>',
  })
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArgs })
  page = await browser.newPage()
  await page.goto(server.pages)
  await page.waitForFunction(() => 'queueTools' in globalThis)
}, minute)

afterAll(async () => {
  await browser?.close()
  server?.close()
})

describe('indexedDbQueue in a page', { timeout: minute }, () => {
  // For the names: the checks themselves run in the page.
  const names = queueStorageContract(() => ({ create: () => null as never, fail: () => {} })).map(
    ({ name }) => name,
  )
  it.each(names)('%s', (name) => page.evaluate((one) => queueTools.run(one), name))
})
