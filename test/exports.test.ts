import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import exported from './exports.json' with { type: 'json' }

const root = path.resolve(import.meta.dirname, '..')

/** The names that a package's main entry exports, types included. */
function namesOf(name: string): string[] {
  const text = readFileSync(path.join(root, `packages/${name}/src/index.ts`), 'utf8')
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) => list!.split(','))
  const own = [...text.matchAll(/^export (?:const|function|type|interface) (\w+)/gm)].map(([, one]) => one!)
  return [
    ...lists.map((one) => one.trim().replace(/^type /, '')).filter((one) => one !== ''),
    ...own,
  ].toSorted()
}

// A name more is a promise more: add it to exports.json on purpose, or move it to an entry of its own.
describe('the main entries', () => {
  it.each(Object.entries(exported))('of %s exports what exports.json lists', (name, names) => {
    expect(namesOf(name)).toEqual(names)
  })

  it('export at most 60 names in core, and 150 together', () => {
    expect(exported.core.length).toBeLessThanOrEqual(60)
    expect(Object.values(exported).flat().length).toBeLessThanOrEqual(150)
  })
})
