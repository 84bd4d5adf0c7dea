import { defineConfig } from 'tsup'

// Declarations come from `tsc -b` (TypeScript 7), which tsup cannot drive.
export default defineConfig({
  entry: { index: 'src/index.ts', eta: 'src/use-eta.ts' },
  format: ['esm'],
  dts: false,
  sourcemap: true,
  clean: true,
  target: 'es2022',
})
