import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')

/**
 * The folders of each package, lowest first: a file imports from its own folder and from those before it, types
 * included. '.' stands for the files beside the folders, which are entries and may import from all.
 */
const stairs: Record<string, readonly string[]> = {
  core: [
    'records',
    'state',
    'write',
    'call',
    'tracker',
    'schema',
    'jobs',
    'summarize',
    'eta',
    'autopilot',
    'test',
    '.',
  ],
  react: ['.'],
  'http-adapter': [
    'body',
    'route',
    'platform',
    'jobs',
    'fetch',
    'providers',
    'sink',
    'live',
    'webhooks',
    'test',
    '.',
  ],
  browser: ['storage', 'tabs', '.'],
  ui: ['state', 'messages', 'parts', 'step', 'show', 'panel', '.'],
}

/** Which of our packages each may know, and which others: design.md section 7. */
const mayKnow: Record<string, readonly string[]> = {
  core: ['zod', 'mitt', 'immer', 'flatqueue', 'p-limit'],
  react: ['@callsheet/core', 'react'],
  'http-adapter': ['@callsheet/core', 'eventsource-parser'],
  browser: ['@callsheet/core', 'idb'],
  ui: ['@callsheet/core', '@callsheet/react', 'react', 'react-dom', 'lucide-react', '@base-ui/react'],
}

const sources = (folder: string) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      /\.tsx?$/.test(name) && !/\.(test|test-d)\.tsx?$|^(?:fixtures|testing)(?:[-\w]*\.tsx?$|\/)/.test(name),
  )

const importsOf = (file: string): string[] =>
  [
    ...readFileSync(path.join(root, file), 'utf8').matchAll(
      /^(?:import '([^']+)'|(?:import|export) (?:type )?[^'"`;=()]* from '([^']+)')/gm,
    ),
  ].map((match) => (match[1] ?? match[2])!)

const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

describe('the arrows', () => {
  it.each(Object.keys(mayKnow))('the folders of %s form a stair', (name) => {
    const stair = stairs[name]!
    const source = `packages/${name}/src`
    const stepOf = (file: string) => stair.indexOf(path.dirname(file).split('/')[0]!)
    const wrong = sources(source).flatMap((file) =>
      importsOf(`${source}/${file}`)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => path.join(path.dirname(file), specifier))
        .filter((other) => !(stepOf(other) >= 0 && stepOf(other) <= stepOf(file)))
        .map((other) => `${file} imports ${other}`),
    )
    expect(wrong).toEqual([])
  })

  it.each(Object.keys(mayKnow))('no file of %s imports itself in a circle, types included', (name) => {
    const source = `packages/${name}/src`
    const imports = new Map(
      sources(source).map((file) => [
        file,
        importsOf(`${source}/${file}`)
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) => path.join(path.dirname(file), specifier)),
      ]),
    )
    const done = new Set<string>()
    const visit = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) throw new Error([...trail.slice(trail.indexOf(file)), file].join(' → '))
      if (done.has(file)) return
      for (const other of imports.get(file) ?? []) visit(other, [...trail, file])
      done.add(file)
    }
    for (const file of imports.keys()) visit(file, [])
  })

  it.each(Object.keys(mayKnow))('no folder of %s holds more than 20 files', (name) => {
    const counts = new Map<string, number>()
    for (const file of sources(`packages/${name}/src`)) {
      const folder = path.dirname(file)
      counts.set(folder, (counts.get(folder) ?? 0) + 1)
    }
    expect([...counts].filter(([, count]) => count > 20)).toEqual([])
  })

  it.each(Object.keys(mayKnow))('%s knows only whom it may know', (name) => {
    for (const file of sources(`packages/${name}/src`)) {
      const others = importsOf(`packages/${name}/src/${file}`).filter(
        (specifier) => !specifier.startsWith('.'),
      )
      for (const specifier of others) expect(mayKnow[name], `${name}/${file}`).toContain(packageOf(specifier))
    }
  })

  it('leaves zod out of the main entry of core, but for types', () => {
    const doors = new Set(['schema', 'replay.ts'])
    for (const file of sources('packages/core/src')) {
      if (doors.has(file.split('/')[0]!)) continue
      const text = readFileSync(path.join(root, 'packages/core/src', file), 'utf8')
      expect(text, file).not.toMatch(/^(?:import|export) (?!type )[^'"]*['"](?:zod|(?:\.\.?\/)+schema\/)/m)
    }
  })

  it('has no default exports and no re-export of everything', () => {
    for (const name of Object.keys(mayKnow)) {
      for (const file of sources(`packages/${name}/src`)) {
        const text = readFileSync(path.join(root, `packages/${name}/src`, file), 'utf8')
        expect(text, `${name}/${file}`).not.toMatch(/^export (?:default|\*)/m)
      }
    }
  })
})
