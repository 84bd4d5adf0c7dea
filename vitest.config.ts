import { defineConfig } from 'vitest/config'
import { fromSource, patient } from './tools/browser.ts'

export default defineConfig({
  test: {
    coverage: { provider: 'v8', include: ['packages/*/src/**/*.{ts,tsx}'] },
    projects: [
      {
        ...fromSource,
        test: {
          name: 'node',
          // Ten thousand histories take minutes where others want the processor too; no test is about time.
          testTimeout: 1_200_000,
          hookTimeout: 1_200_000,
          include: [
            'packages/*/src/**/*.test.ts',
            'examples/*/server/**/*.test.ts',
            'examples/*/src/**/*.test.ts',
            'bench/**/*.test.ts',
            'test/*.test.ts',
          ],
          typecheck: {
            enabled: true,
            checker: 'tsc',
            include: ['packages/*/src/**/*.test-d.ts'],
            tsconfig: './tsconfig.check.json',
          },
        },
      },
      'packages/react/vitest.config.ts',
      'packages/react/vitest.react18.config.ts',
      'packages/ui/vitest.config.ts',
      'packages/ui/vitest.react18.config.ts',
      {
        ...fromSource,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.test.ts'],
          fileParallelism: false,
          ...patient,
        },
      },
    ],
  },
})
