import { createRequire } from 'node:module'
import path from 'node:path'
import react19 from './vitest.config.ts'

const require = createRequire(import.meta.url)
const dir = (name: string) => path.dirname(require.resolve(`${name}/package.json`))

export default {
  ...react19,
  resolve: {
    ...react19.resolve,
    alias: [
      { find: /^react-dom(\/.*)?$/, replacement: `${dir('react-dom-18')}$1` },
      { find: /^react(\/.*)?$/, replacement: `${dir('react-18')}$1` },
    ],
  },
  cacheDir: 'node_modules/.vite-r18',
  test: { ...react19.test, name: 'ui18' },
}
