import { playwright } from '@vitest/browser-playwright'

/** Started so that it works as root and never calls home. */
export const chromiumArgs: string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** Set by scripts/run.mjs, which finds or fetches a Chromium. */
export const chromiumPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'

/** A new object for each project: Vitest writes into what it is given. */
export const inChromium = () => ({
  enabled: true,
  headless: true,
  screenshotFailures: false,
  // On a busy machine a browser has taken longer than the default of 60 s to connect.
  connectTimeout: 300_000,
  provider: playwright({ launchOptions: { executablePath: chromiumPath, args: chromiumArgs } }),
  instances: [{ browser: 'chromium' as const }],
})

/** For tests in a browser, which takes its time on a busy machine. No test waits for these to pass. */
export const patient = { testTimeout: 60_000, expect: { poll: { timeout: 20_000 } } }

const own = '@callsheet/source'

/** Tests and the dev server read the packages' sources, so nothing has to be built first. */
export const fromSource = {
  resolve: { conditions: [own, 'module', 'browser', 'development|production'] },
  ssr: {
    resolve: {
      // Not 'module': Vitest gives these to Node itself, which cannot load what some packages mean by it.
      conditions: [own, 'node', 'development|production'],
      externalConditions: [own, 'node'],
    },
  },
}
