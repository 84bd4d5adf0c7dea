import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { type BrowserContext, chromium } from 'playwright-core'
import { chromiumArgs, chromiumPath } from '../../tools/browser.ts'

/** A Chromium as a person has it: on a profile that stays, with tabs that can be hidden. */
export interface OwnChromium {
  readonly context: BrowserContext
  /** Ends all of its processes at once, by SIGKILL. */
  readonly kill: () => Promise<void>
}

/** A folder for a profile, and its undo. */
export async function createProfile() {
  const folder = await mkdtemp(path.join(tmpdir(), 'callsheet-profile-'))
  // Chromium's helpers may write for a moment longer than it lives.
  return {
    folder,
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  }
}

export async function startOwnChromium(profile: string, more: readonly string[] = []): Promise<OwnChromium> {
  const args = [
    ...chromiumArgs,
    '--headless',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
    ...more,
  ]
  // In a process group of its own, which can be killed as a whole.
  const browser = spawn(chromiumPath, [...args, 'about:blank'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(browser, 'exit')
  const endpoint = await new Promise<string>((resolve, reject) => {
    createInterface(browser.stderr).on('line', (line) => {
      const [, url] = /^DevTools listening on (.+)$/.exec(line) ?? []
      if (url) resolve(url)
    })
    ended.then(() => reject(new Error(`${chromiumPath} ended before it listened`)), reject)
  })
  // Playwright's defaults keep every tab visible and focused, so that none can be frozen.
  const connection = await chromium.connectOverCDP(endpoint, { noDefaults: true })
  return {
    context: connection.contexts()[0]!,
    async kill() {
      if (browser.exitCode !== null || browser.signalCode !== null) return
      if (process.platform === 'win32') browser.kill('SIGKILL')
      else process.kill(-browser.pid!, 'SIGKILL')
      await ended
      await connection.close()
    },
  }
}
