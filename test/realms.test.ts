import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const folder = path.join(import.meta.dirname, 'realms')
const expected = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8')) as object

function run(...args: readonly string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  return { stdout, stderr, status }
}

describe('a tracked call', () => {
  it.each(['zone.js', 'zone.js/node'])('is followed under %s', (zone) => {
    const { stdout, stderr } = run('zone.mjs', zone)
    expect(JSON.parse(stdout || JSON.stringify(stderr))).toEqual({ isPatched: true, ...expected })
  })

  it('is followed in Jest', () => {
    const jest = createRequire(import.meta.url).resolve('jest/bin/jest')
    const config = { testMatch: ['**/*.jest.mjs'], transform: {}, rootDir: folder }
    const { stderr, status } = run('--experimental-vm-modules', jest, '--config', JSON.stringify(config))
    expect(status, stderr).toBe(0)
    expect(stderr).toContain('1 passed')
  })
})
