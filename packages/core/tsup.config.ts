import { defineConfig } from 'tsup'

// Declarations come from `tsc -b` (TypeScript 7), which tsup cannot drive.
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    schema: 'src/schema/schema.ts',
    summarize: 'src/summarize/summarize.ts',
    jobs: 'src/jobs/jobs.ts',
    provider: 'src/provider.ts',
    replay: 'src/replay.ts',
    draft: 'src/draft.ts',
    eta: 'src/eta/eta.ts',
    autopilot: 'src/autopilot/autopilot.ts',
    'secret-shapes': 'src/secret-shapes.ts',
    test: 'src/test/test.ts',
  },
  format: ['esm'],
  dts: false,
  sourcemap: true,
  clean: true,
  target: 'es2022',
})
