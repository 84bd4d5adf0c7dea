import react from '@vitejs/plugin-react'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumArgs, chromiumPath, fromSource, inChromium, patient } from '../../tools/browser.ts'

export default defineConfig({
  ...fromSource,
  plugins: [react()],
  optimizeDeps: {
    include: [
      'react',
      'react-dom/client',
      'react-dom/server',
      'react/jsx-dev-runtime',
      'vitest-browser-react',
      'axe-core',
      'lucide-react',
      '@base-ui/react/dialog',
      '@callsheet/core > mitt',
    ],
  },
  test: {
    ...patient,
    name: 'ui',
    include: ['src/**/*.test.tsx'],
    browser: {
      ...inChromium(),
      // As large as the largest page under test, or Vitest scales the page and its screenshots down.
      provider: playwright({
        launchOptions: { executablePath: chromiumPath, args: chromiumArgs },
        contextOptions: { viewport: { width: 1400, height: 900 } },
      }),
      locators: { testIdAttribute: 'data-step' },
    },
  },
})
