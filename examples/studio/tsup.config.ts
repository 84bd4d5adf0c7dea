import { defineConfig } from 'tsup'

// The server only: the page beside it, in dist/client, is vite's.
export default defineConfig({
  entry: ['server/main.ts'],
  outDir: 'dist/server',
  format: ['esm'],
  dts: false,
  sourcemap: true,
  clean: true,
  target: 'node20',
})
