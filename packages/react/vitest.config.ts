import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { fromSource, inChromium, patient } from '../../tools/browser.ts'

export default defineConfig({
  ...fromSource,
  plugins: [react()],
  cacheDir: 'node_modules/.vite-r19',
  optimizeDeps: {
    include: [
      'react',
      'react-dom/client',
      'react-dom/server',
      'react/jsx-dev-runtime',
      'vitest-browser-react',
      '@callsheet/core > mitt',
    ],
  },
  test: {
    ...patient,
    name: 'react19',
    include: ['src/**/*.test.tsx'],
    env: { REACT_MAJOR: '19' },
    browser: inChromium(),
  },
})
