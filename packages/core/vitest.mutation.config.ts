import { defineConfig } from 'vitest/config'
import { fromSource } from '../../tools/browser.ts'

/** What judges a mutant: core's tests on Node, the laws on few histories. See stryker.config.json. */
export default defineConfig({
  ...fromSource,
  test: {
    // Stryker has its own limit, by how long a test takes without a mutant.
    testTimeout: 600_000,
    include: ['packages/core/src/**/*.test.ts'],
    // What takes long and is about something else.
    exclude: [
      '**/{eta,jobs,summarize,test,write}/**',
      '**/{retry,track,track.model,leaving,replay,testing}.test.ts',
    ],
    // The same histories at every run, so that a figure can be had again.
    env: { LAW_SEED: '20261123', LAW_RUNS: '200', LAW_SHRINK: 'no' },
  },
})
