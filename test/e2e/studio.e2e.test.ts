import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { atRest } from './at-rest.ts'
import { findViolations } from './axe.ts'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumArgs, chromiumPath } from '../../tools/browser.ts'

const root = path.resolve(import.meta.dirname, '../..')
const pictures = path.join(root, 'test-results')
const minute = 60_000

let server: ChildProcess
let browser: Browser
let address: string
let shows: string

/** The studio as `npm start` serves it: built, by its own server. */
async function startStudio(): Promise<string> {
  shows = mkdtempSync(path.join(os.tmpdir(), 'studio-'))
  server = spawn(process.execPath, ['dist/server/main.js', '--port', '5390', '--dir', shows], {
    cwd: path.join(root, 'examples/studio'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    let said = ''
    server.once('exit', (code) => reject(new Error(`the studio ended with ${code}: ${said}`)))
    server.stdout!.on('data', (chunk) => {
      said += String(chunk)
      const found = /http:\/\/localhost:\d+/.exec(said)
      if (found) resolve(found[0])
    })
  })
}

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true })
  address = await startStudio()
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArgs })
}, minute)

afterAll(async () => {
  await browser?.close()
  server?.kill()
  rmSync(shows, { recursive: true, force: true })
})

async function openStudio(width: number, height: number) {
  const context = await browser.newContext({ viewport: { width, height } })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    // A failed answer is part of what is tried here.
    if (message.type() === 'error' && !/status of (?:4|5)\d\d/.test(message.text()))
      problems.push(message.text())
  })
  await page.goto(address)
  return { page, problems }
}

interface Wish {
  readonly prompt: string
  readonly characters?: number
  readonly fails?: string
  readonly speed?: string
}

async function order(page: Page, { prompt, characters = 3, fails, speed = 'Very fast' }: Wish) {
  await page.getByPlaceholder('Describe your show…').fill(prompt)
  await page.getByRole('combobox', { name: 'Speed' }).selectOption({ label: speed })
  await page.getByRole('combobox', { name: 'Characters' }).selectOption(String(characters))
  if (fails) await page.getByRole('combobox', { name: 'Make one fail' }).selectOption({ label: fails })
  await page.getByRole('button', { name: 'Make the show' }).click()
}

const pipelineOf = (page: Page) => page.getByRole('region', { name: 'Pipeline' })
const overall = (page: Page) => pipelineOf(page).getByRole('progressbar', { name: /overall/i })
const untilDone = (page: Page) =>
  expect
    .poll(() => overall(page).getAttribute('aria-valuenow'), { timeout: minute, interval: 200 })
    .toBe('100')

/** Pictures that really arrived. */
const loaded = (page: Page, scope: string) =>
  page
    .locator(`${scope} img`)
    .evaluateAll(
      (images) =>
        images.filter(
          (image) => (image as HTMLImageElement).complete && (image as HTMLImageElement).naturalWidth > 0,
        ).length,
    )

describe('the studio', () => {
  it('makes a show from a prompt to a playing trailer', { timeout: 3 * minute }, async () => {
    const { page, problems } = await openStudio(1280, 900)
    await page.screenshot({ path: path.join(pictures, 'studio-empty-1280.png') })
    await order(page, { prompt: 'A lighthouse keeper who steals the moon', speed: 'Fast' })
    await pipelineOf(page).getByText('Portraits').waitFor()
    await expect
      .poll(() => loaded(page, '.studio-pictures[data-type=portrait]'), { timeout: minute })
      .toBeGreaterThan(0)
    await page.screenshot({ path: path.join(pictures, 'studio-active-1280.png'), fullPage: true })
    await page.getByRole('button', { name: /active task/i }).click()
    await page.getByRole('dialog').waitFor()
    await atRest(page)
    await page.screenshot({ path: path.join(pictures, 'studio-panel-1280.png') })
    expect(await findViolations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await expect
      .poll(() => loaded(page, '.studio-sheets'), { timeout: minute, interval: 50 })
      .toBeGreaterThan(0)
    await page.screenshot({ path: path.join(pictures, 'studio-making-1280.png'), fullPage: true })
    await untilDone(page)
    await expect.poll(() => loaded(page, '.studio-gallery'), { timeout: minute }).toBe(8)
    const seconds = () =>
      page.getByTestId('trailer').evaluate((video) => (video as HTMLVideoElement).currentTime)
    await expect.poll(seconds, { timeout: minute }).toBeGreaterThan(0.5)
    await page.screenshot({ path: path.join(pictures, 'studio-done-1280.png'), fullPage: true })
    expect(await findViolations(page)).toEqual([])
    await page.getByRole('button', { name: 'Inspect' }).click()
    const snapshot = JSON.parse(await page.getByTestId('snapshot').innerText()) as {
      tasks: { status: string }[]
    }
    expect(snapshot.tasks.map((task) => task.status)).toEqual(Array.from({ length: 14 }, () => 'succeeded'))
    expect(await page.getByTestId('event-log').innerText()).toContain('trailer completed')
    await page.screenshot({ path: path.join(pictures, 'studio-inspect-1280.png') })
    expect(problems).toEqual([])
    await page.context().close()
  })

  it('shows a failed character with its error, and makes it again', { timeout: 3 * minute }, async () => {
    const { page, problems } = await openStudio(390, 844)
    await order(page, { prompt: 'Two bakers <b>at war</b>', fails: 'Portraits' })
    const portraits = pipelineOf(page).getByText(/refused by the content filter/)
    await portraits.first().waitFor({ timeout: minute })
    await expect
      .poll(() => pipelineOf(page).getByText('1 failed').count(), { timeout: minute })
      .toBeGreaterThan(0)
    await page.screenshot({ path: path.join(pictures, 'studio-failed-390.png'), fullPage: true })
    expect(await findViolations(page)).toEqual([])
    expect(await overall(page).getAttribute('aria-valuenow')).not.toBe('100')
    await pipelineOf(page).getByRole('button', { name: /retry/i }).first().click()
    await untilDone(page)
    expect(await portraits.count()).toBe(0)
    await page.screenshot({ path: path.join(pictures, 'studio-done-390.png'), fullPage: true })
    expect(problems).toEqual([])
    await page.context().close()
  })

  it('pays once when a second tab continues the show of the first', { timeout: 3 * minute }, async () => {
    const { page, problems } = await openStudio(1280, 900)
    const paid: string[] = []
    const watch = (one: Page) =>
      one.on('request', (request) => {
        if (request.method() !== 'POST') return
        const { characterId = '' } = request.postDataJSON() as { characterId?: string }
        paid.push(`${new URL(request.url()).pathname} ${characterId}`)
      })
    watch(page)
    await order(page, { prompt: 'A clock that runs backwards', speed: 'Fast' })
    await pipelineOf(page).getByText('Portraits').waitFor()
    const second = await page.context().newPage()
    watch(second)
    // The address names the show.
    await second.goto(page.url())
    await second.getByRole('button', { name: 'Continue' }).click()
    await untilDone(second)
    await untilDone(page)
    expect(paid.length).toBeGreaterThan(8)
    expect(paid.filter((call, place) => paid.indexOf(call) < place)).toEqual([])
    await second.reload()
    await untilDone(second)
    expect(problems).toEqual([])
    await page.context().close()
  })

  it('runs two shows at once, and knows both again after a reload', { timeout: 3 * minute }, async () => {
    const { page, problems } = await openStudio(1280, 900)
    await order(page, { prompt: 'First: a train that never stops', characters: 2, speed: 'Fast' })
    await order(page, { prompt: 'Second: a garden on Mars', characters: 4, speed: 'Fast' })
    await page.getByRole('button', { name: 'All shows' }).click()
    const dialog = page.getByRole('dialog')
    await expect
      .poll(() => dialog.getByRole('progressbar', { name: /overall/i }).count())
      .toBeGreaterThanOrEqual(2)
    await atRest(page)
    await page.screenshot({ path: path.join(pictures, 'studio-two-shows-1280.png') })
    await page.setViewportSize({ width: 390, height: 844 })
    await atRest(page)
    await page.screenshot({ path: path.join(pictures, 'studio-panel-390.png') })
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.keyboard.press('Escape')
    await untilDone(page)
    await page
      .locator('.studio-tab', { hasNot: page.locator('[aria-current]') })
      .last()
      .click()
    await untilDone(page)
    await page.reload()
    await untilDone(page)
    await expect.poll(() => loaded(page, '.studio-gallery'), { timeout: minute }).toBeGreaterThan(4)
    await page.evaluate(() => localStorage.clear())
    const other = await openStudio(1280, 900)
    // Another browser has no task of these shows: the server's facts alone render them.
    await untilDone(other.page)
    await expect.poll(() => loaded(other.page, '.studio-gallery'), { timeout: minute }).toBeGreaterThan(4)
    expect([...problems, ...other.problems]).toEqual([])
    await page.context().close()
    await other.page.context().close()
  })
})
