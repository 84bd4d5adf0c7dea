import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { typeCheck } from '../tools/type-check.ts'

const root = path.resolve(import.meta.dirname, '..')
const packages = ['core', 'react', 'http-adapter', 'browser', 'ui']
/** An application with nothing but what would be downloaded. */
const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'callsheet-packed-'))

function run(command: string, args: readonly string[], cwd: string) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`, { cause: error })
}

/** Makes a package of ours available to the application, as it would be published. */
function install(name: string) {
  run('pnpm', ['pack', '--pack-destination', folder], path.join(root, 'packages', name))
  const tarball = readdirSync(folder).find((file) => file.startsWith(`callsheet-${name}-`))!
  const target = path.join(folder, 'node_modules/@callsheet', name)
  mkdirSync(target, { recursive: true })
  run('tar', ['-xzf', path.join(folder, tarball), '--strip-components=1', '-C', target], folder)
}

/** What others publish, from where one of our packages has it. */
function link(name: string, from: string) {
  const target = path.join(folder, 'node_modules', name)
  mkdirSync(path.dirname(target), { recursive: true })
  symlinkSync(realpathSync(path.join(root, from, 'node_modules', name)), target, 'junction')
}

beforeAll(() => {
  for (const name of packages) install(name)
  for (const name of ['zod', 'mitt', 'immer']) link(name, 'packages/core')
  for (const name of [
    'react',
    'react-dom',
    '@types/react',
    '@types/react-dom',
    'lucide-react',
    '@base-ui/react',
  ])
    link(name, 'packages/ui')
  link('eventsource-parser', 'packages/http-adapter')
  link('idb', 'packages/browser')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const page = `import { createTracker, showPipeline } from '@callsheet/core'
import { PipelineProvider, useStep, useTrack } from '@callsheet/react'
import { ProductionPipeline } from '@callsheet/ui'
import { createTrackedFetch, httpSink } from '@callsheet/http-adapter'
import '@callsheet/ui/styles.css'

const tracker = createTracker({ pipeline: showPipeline, sinks: [httpSink({ url: 'https://c.example' })] })
export const fetch = createTrackedFetch({ tracker })

function Portraits() {
  const { completed, total } = useStep('neon-noir', 'portrait')
  const paint = useTrack('portrait', (id: string) => fetch('/api/portrait/' + id), (characterId) => ({
    showId: 'neon-noir',
    characterId,
  }))
  return <button onClick={() => void paint('ada')}>{completed} of {total}</button>
}

export const App = () => (
  <PipelineProvider tracker={tracker}>
    <Portraits />
    <ProductionPipeline showId="neon-noir" />
  </PipelineProvider>
)
`

/** What a fresh Vite application for React has, and what Node's own modules are compiled with. */
const settings = {
  vite: { module: 'ESNext', moduleResolution: 'Bundler' },
  node: { module: 'NodeNext', moduleResolution: 'NodeNext' },
}

describe('a package', () => {
  it.each(packages)('%s has source maps that hold their sources, which are not in its tarball', (name) => {
    const own = path.join(folder, 'node_modules/@callsheet', name)
    const files = readdirSync(own, { recursive: true, encoding: 'utf8' })
    const maps = files.filter((file) => file.endsWith('.map'))
    expect(maps).toContain('dist/index.js.map')
    for (const file of maps) {
      const { sources, sourcesContent = [] } = JSON.parse(readFileSync(path.join(own, file), 'utf8')) as {
        readonly sources: readonly string[]
        readonly sourcesContent?: readonly string[]
      }
      expect(sourcesContent, file).toHaveLength(sources.length)
    }
  })
})

describe('the packages as they are published', () => {
  it.each(Object.entries(settings))(
    'compile in a strict application, the stylesheet too (%s)',
    (name, modules) => {
      const compilerOptions = {
        ...modules,
        target: 'ES2022',
        lib: ['ES2023', 'DOM', 'DOM.Iterable'],
        jsx: 'react-jsx',
        strict: true,
        noEmit: true,
        noUncheckedSideEffectImports: true,
        types: [],
        // Our declarations have to hold by themselves.
        skipLibCheck: false,
      }
      const options = { folder: path.join(folder, name), compilerOptions, extends: undefined }
      expect(typeCheck(name, { 'app.tsx': page, 'package.json': '{"type":"module"}' }, options)).toBe('')
    },
  )
})
