import type { Browser } from 'playwright-core'

/**
 * Whether a browser keeps the pages that are left. A headless shell does not, and Chromium from npm is one: there, tests
 * of the cache are skipped.
 */
export async function keepsPages(browser: Browser, address: string): Promise<boolean> {
  const page = await browser.newPage()
  await page.goto(address)
  await page.evaluate(() => void Object.assign(globalThis, { isKept: true }))
  await page.goto(`${address}/other`)
  await page.goBack({ waitUntil: 'commit' })
  await page.waitForFunction(() => document.readyState === 'complete')
  const isKept = await page.evaluate(() => 'isKept' in globalThis)
  await page.close()
  return isKept
}
