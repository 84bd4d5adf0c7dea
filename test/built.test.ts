import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
// Where every package can be found by its published name; plain Node takes what was built.
const folder = path.join(root, 'examples/studio/node_modules/.cache/built')

const entries = [
  'core',
  'core/schema',
  'core/provider',
  'core/draft',
  'core/eta',
  'core/autopilot',
  'core/test',
  'react',
  'http-adapter',
  'http-adapter/fal',
  'http-adapter/openai',
  'http-adapter/google',
  'http-adapter/runway',
  'http-adapter/indexed-db',
  'http-adapter/webhooks',
  'http-adapter/test',
  'browser',
  'ui',
]

function run(name: string, code: string) {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, name)
  writeFileSync(file, code)
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  rmSync(file)
  return { status, stdout: stdout.trim(), stderr }
}

describe('the built packages', () => {
  it.each(entries)('@callsheet/%s loads with import and with require()', (entry) => {
    const imported = run(
      `${entry.replaceAll('/', '-')}.mjs`,
      `const m = await import('@callsheet/${entry}'); console.log(Object.keys(m).length > 0)`,
    )
    expect(imported.stdout, imported.stderr).toBe('true')
    const required = run(
      `${entry.replaceAll('/', '-')}.cjs`,
      `console.log(Object.keys(require('@callsheet/${entry}')).length > 0)`,
    )
    expect(required.stdout, required.stderr).toBe('true')
  })

  it('track a call from a CommonJS program', () => {
    const { stdout, stderr } = run(
      'program.cjs',
      `const { createTracker, showPipeline } = require('@callsheet/core')
       const tracker = createTracker({ pipeline: showPipeline })
       tracker.show('s').track('trailer', async () => 'cut').then((value) =>
         console.log(value, tracker.getPipeline('s').step('trailer').status))`,
    )
    expect(stdout, stderr).toBe('cut succeeded')
  })

  it.each([
    [
      'keeps',
      'sink.changes.flatMap(({ tasks, shows }) => [...tasks, ...shows])',
      0,
      /pass [1-9]\d\b[\s\S]*fail 0\b/,
    ],
    ['breaks', '[]', 1, /The newest version of task "[^"]+" did not arrive/],
  ])('check with node:test a sink that %s its contract', (name, received, status, says) => {
    const ran = run(
      `${name}.mjs`,
      `import { memorySink } from '@callsheet/core'
       import { sinkContract } from '@callsheet/core/test'
       import { test } from 'node:test'
       const setUp = () => {
         const sink = memorySink()
         return { sink, received: () => ${received} }
       }
       for (const { name, run } of sinkContract(setUp, { failure: 'never', timeout: 200 })) test(name, run)`,
    )
    expect(ran.stdout).toMatch(says)
    expect(ran.status).toBe(status)
  })

  it.each(['react', 'ui'])('@callsheet/%s is marked for the client', (name) => {
    expect(readFileSync(path.join(root, `packages/${name}/dist/index.js`), 'utf8')).toMatch(
      /^['"]use client['"]/,
    )
  })
})
