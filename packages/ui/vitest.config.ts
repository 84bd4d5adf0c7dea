import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { fromSource, inChromium } from '../../tools/browser.ts'

export default defineConfig({
  ...fromSource,
  plugins: [react()],
  optimizeDeps: {
    include: [
      'react',
      'react-dom/client',
      'react/jsx-dev-runtime',
      'vitest-browser-react',
      'axe-core',
      'lucide-react',
      '@base-ui/react/dialog',
      '@callsheet/core > mitt',
    ],
  },
  test: { name: 'ui', include: ['src/**/*.test.tsx'], browser: inChromium() },
})
