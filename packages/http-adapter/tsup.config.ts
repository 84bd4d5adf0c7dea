import { defineConfig } from 'tsup'

// Declarations come from `tsc -b` (TypeScript 7), which tsup cannot drive.
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    replicate: 'src/providers/replicate.ts',
    fal: 'src/providers/fal.ts',
    openai: 'src/providers/openai.ts',
    google: 'src/providers/google.ts',
    runway: 'src/providers/runway.ts',
    'json-job': 'src/providers/json-job.ts',
    webhooks: 'src/webhooks/webhooks.ts',
    'indexed-db': 'src/sink/indexed-db.ts',
    test: 'src/test/test.ts',
  },
  format: ['esm'],
  dts: false,
  sourcemap: true,
  clean: true,
  target: 'es2022',
})
