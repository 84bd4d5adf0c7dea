import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')

/** Core from top to bottom: a file imports only from files above it. */
const readingOrder = [
  'json',
  'record-types',
  'timers',
  'observe',
  'nesting',
  'outcome',
  'pipeline',
  'extend-pipeline',
  'show-pipeline',
  'text',
  'records',
  'task',
  'vector',
  'table',
  'show',
  'counts',
  'views',
  'show-base',
  'step-state',
  'show-state',
  'state',
  'reducer',
  'batch',
  'forget',
  'time',
  'ready',
  'words',
  'progress-change',
  'describe',
  'errors',
  'guard',
  'input',
  'redact',
  'metadata',
  'patch',
  'no-secrets',
  'writer',
  'registers',
  'snapshot',
  'trim',
  'sink',
  'subscriptions',
  'response',
  'failure',
  'page',
  'options',
  'run',
  'context',
  'generator',
  'resume',
  'retry',
  'track',
  'contract',
  'store',
  'tracker',
  'side-poll',
  'jobs',
  'draft',
  'migrate',
  'hash',
  'durations',
  'distribution',
  'knowledge',
  'concurrency',
  'rehearsal',
  'plan',
  'eta',
  'schema',
  'replay',
  'random',
  'fake-clock',
  'test-sink',
  'test-tracker',
  'script',
  'simulated-call',
  'simulate',
  'matchers',
  'test',
  'index',
]

/** Which of our packages each may know, and which others: design.md section 7. */
const mayKnow: Record<string, readonly string[]> = {
  core: ['zod', 'mitt', 'immer'],
  react: ['@callsheet/core', 'react'],
  'http-adapter': ['@callsheet/core', 'eventsource-parser'],
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
  it('lists every file of core in the reading order', () => {
    const names = sources('packages/core/src').map((name) => name.replace(/\.ts$/, ''))
    expect(names.toSorted()).toEqual(readingOrder.toSorted())
  })

  it.each(readingOrder)('core/%s imports only from files above it', (name) => {
    const own = importsOf(`packages/core/src/${name}.ts`).filter((specifier) => specifier.startsWith('.'))
    for (const specifier of own) {
      const other = path.basename(specifier, '.ts')
      expect(readingOrder.indexOf(other), `${name} imports ${other}`).toBeLessThan(readingOrder.indexOf(name))
      expect(readingOrder).toContain(other)
    }
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
    const doors = new Set(['records', 'migrate', 'schema', 'replay'])
    for (const file of sources('packages/core/src')) {
      if (doors.has(file.replace(/\.ts$/, ''))) continue
      const text = readFileSync(path.join(root, 'packages/core/src', file), 'utf8')
      expect(text, file).not.toMatch(/^(?:import|export) (?!type )[^'"]*['"](?:zod|\.\/records|\.\/schema)/m)
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
