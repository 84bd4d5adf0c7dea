import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
// Inside the studio, which has every package that the docs name.
const folder = path.join(root, 'examples/studio/node_modules/.cache/docs')

const pages = [
  'README.md',
  ...readdirSync(path.join(root, 'docs/guide')).map((name) => `docs/guide/${name}`),
  ...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}/README.md`),
]

/** Other people's clients, which only the tests of the package that tracks them install. */
const clients = Object.fromEntries(
  [
    'replicate',
    '@fal-ai/client',
    'openai',
    '@google/genai',
    '@runwayml/sdk',
    'ai',
    '@ai-sdk/openai',
    '@ai-sdk/google',
    '@ai-sdk/black-forest-labs',
    '@elevenlabs/elevenlabs-js',
    'lumaai',
  ].map((name) => [name, [path.join(root, 'packages/http-adapter/node_modules', name)]]),
)

/** The code of a page as one module: its blocks in order, their imports merged. */
function moduleOf(page: string): string {
  const text = readFileSync(path.join(root, page), 'utf8')
  const code = [...text.matchAll(/^```tsx?\n([\s\S]*?)^```/gm)].map((match) => match[1]!).join('\n')
  const names = new Map<string, Set<string>>()
  const body = code.replace(
    /^import (?:\{([^}]*)\} from )?'([^']+)'\n/gm,
    (_line, list: string | undefined, from) => {
      const known = names.get(from as string) ?? new Set()
      for (const name of (list ?? '').split(',')) if (name.trim()) known.add(name.trim())
      names.set(from as string, known)
      return ''
    },
  )
  const imports = [...names].map(([from, list]) =>
    list.size === 0 ? `import '${from}'` : `import { ${[...list].join(', ')} } from '${from}'`,
  )
  return `${imports.join('\n')}\n${body}\nexport {}\n`
}

describe('the docs', () => {
  it('hold only code that compiles', () => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const page of pages)
      writeFileSync(path.join(folder, page.replaceAll('/', '_').replace(/\.md$/, '.tsx')), moduleOf(page))
    const config = {
      extends: path.join(root, 'tsconfig.check.json'),
      compilerOptions: { types: ['vite/client', 'node'], paths: clients },
      include: ['*.tsx'],
    }
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config))
    const run = spawnSync(
      process.execPath,
      [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', folder],
      {
        encoding: 'utf8',
        cwd: folder,
      },
    )
    expect(run.stdout + run.stderr).toBe('')
  })

  it('say what things are, not that they are no other things; the code too', () => {
    const isText = (name: string) =>
      /\.(?:md|tsx?)$/.test(name) && !/(?:^|\/)(?:node_modules|dist|coverage)\//.test(name)
    const files = ['.changeset', 'docs', 'examples', 'packages'].flatMap((part) =>
      readdirSync(path.join(root, part), { recursive: true, encoding: 'utf8' })
        .filter(isText)
        .map((name) => `${part}/${name}`),
    )
    expect(files.length).toBeGreaterThan(500)
    const wrong = ['README.md', ...files].filter((name) =>
      readFileSync(path.join(root, name), 'utf8').includes(' is no '),
    )
    expect(wrong).toEqual([])
  })

  it('show the provider of the examples as it is, in less than 30 lines', () => {
    const [, ...lines] = readFileSync(
      path.join(root, 'examples/adapters/src/studio-provider.ts'),
      'utf8',
    ).split('\n')
    expect(lines.length).toBeLessThan(30)
    expect(readFileSync(path.join(root, 'docs/guide/write-a-provider.md'), 'utf8')).toContain(
      lines.join('\n'),
    )
  })

  it('show the configurations of the examples as they are', () => {
    const [, ...lines] = readFileSync(path.join(root, 'examples/adapters/src/json-jobs.ts'), 'utf8').split(
      '\n',
    )
    expect(lines.filter((line) => line.startsWith('export const'))).toHaveLength(9)
    expect(readFileSync(path.join(root, 'docs/guide/providers.md'), 'utf8')).toContain(
      `\`\`\`ts\n${lines.join('\n')}\`\`\``,
    )
  })

  it('name six files that explain core, of at most 900 lines', () => {
    const text = readFileSync(path.join(root, 'AGENTS.md'), 'utf8')
    const files = [...text.split('\n- ')[1]!.matchAll(/`([a-z]+\/[a-z-]+\.ts)`/g)].map(([, file]) => file!)
    const lines = files.map((file) =>
      readFileSync(path.join(root, 'packages/core/src', file), 'utf8').split('\n'),
    )
    expect(files).toHaveLength(6)
    expect(lines.flat().length).toBeLessThanOrEqual(900)
  })

  it('name where things are decided, in files that exist', () => {
    const text = readFileSync(path.join(root, 'AGENTS.md'), 'utf8')
    const files = [...text.matchAll(/`((?:core|http-adapter)\/src\/[\w/-]+\.ts)`/g)].map(([, file]) => file!)
    expect(files.length).toBeGreaterThan(15)
    for (const file of files) expect(existsSync(path.join(root, 'packages', file)), file).toBe(true)
  })

  it('explain every error code, and no other', () => {
    const source = readFileSync(path.join(root, 'packages/core/src/records/errors.ts'), 'utf8')
    const [, union] = /^export type ErrorCode =((?:\n {2}\| '\w+')+)/m.exec(source)!
    const codes = [...union!.matchAll(/'(\w+)'/g)].map(([, code]) => code!)
    const page = readFileSync(path.join(root, 'docs/guide/errors.md'), 'utf8')
    const rows = [...page.matchAll(/^\| `(\w+)` +\|(.+)\|(.+)\|$/gm)]
    expect(codes.length).toBeGreaterThan(20)
    expect(new Set(rows.map(([, code]) => code))).toEqual(new Set(codes))
    for (const [, code, when, remedy] of rows) {
      expect(when!.trim(), code).toMatch(/\.$/)
      expect(remedy!.trim(), code).toMatch(/\.$/)
    }
  })

  it('of a package link to nothing outside of it, since each stands alone in its tarball', () => {
    for (const page of pages.filter((name) => name.startsWith('packages/')))
      expect(readFileSync(path.join(root, page), 'utf8'), page).not.toMatch(/\]\(\.\./)
  })

  it('name only files that exist', () => {
    for (const page of pages) {
      const text = readFileSync(path.join(root, page), 'utf8')
      for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        const full = path.resolve(root, path.dirname(page), target!)
        expect(() => readdirSync(path.dirname(full)), `${page} → ${target}`).not.toThrow()
        expect(readdirSync(path.dirname(full)), `${page} → ${target}`).toContain(path.basename(full))
      }
    }
  })
})
