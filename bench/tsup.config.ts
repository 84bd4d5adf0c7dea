import { defineConfig } from 'tsup'

// Built first, not run through a loader: that gave every function its name anew whenever it was made, and made some
// contestants twice as slow.
export default defineConfig({
  entry: ['main.ts', 'events-process.ts', 'track-process.ts', 'sending-process.ts', 'receiver-process.ts'],
  format: ['esm'],
  dts: false,
  clean: true,
  silent: true,
  target: 'es2022',
  skipNodeModulesBundle: true,
})
