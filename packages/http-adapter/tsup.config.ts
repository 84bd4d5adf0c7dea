import { defineConfig } from 'tsup'

// Declarations come from `tsc -b` (TypeScript 7), which tsup cannot drive.
export default defineConfig({
  entry: [
    'src/index.ts',
    'src/replicate.ts',
    'src/fal.ts',
    'src/openai.ts',
    'src/json-job.ts',
    'src/webhooks.ts',
    'src/indexed-db.ts',
  ],
  format: ['esm'],
  dts: false,
  sourcemap: true,
  clean: true,
  target: 'es2022',
})
