import { createRequire } from 'node:module'
import path from 'node:path'
import { mergeConfig } from 'vitest/config'
import { inChromium, patient } from '../../tools/browser.ts'
import react19 from './vitest.config.ts'

const require = createRequire(import.meta.url)
const dir = (name: string) => path.dirname(require.resolve(`${name}/package.json`))

export default {
  ...mergeConfig(react19, {
    resolve: {
      alias: [
        { find: /^react-dom(\/.*)?$/, replacement: `${dir('react-dom-18')}$1` },
        { find: /^react(\/.*)?$/, replacement: `${dir('react-18')}$1` },
      ],
    },
    cacheDir: 'node_modules/.vite-r18',
  }),
  test: {
    ...patient,
    name: 'react18',
    include: ['src/**/*.test.tsx'],
    env: { REACT_MAJOR: '18' },
    browser: inChromium(),
  },
}
