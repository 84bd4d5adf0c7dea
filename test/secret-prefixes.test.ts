// cspell:disable
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { keyPrefixes } from '../packages/core/src/key-prefixes.ts'
import { prefixFile, readPrefixes } from '../tools/secret-shapes/prefixes.ts'

it('reads how keys begin from rules as gitleaks writes them', () => {
  const rules = [
    String.raw`\b(studio-[a-z0-9]{32})(?:['"\s;]|$)`,
    String.raw`\b((?:ABIA|ACCA)[A-Z2-7]{16})\b`,
    String.raw`tok[pr]_[\w]{20}`,
    String.raw`[\w.-]{0,50}?(?:adobe)`,
    String.raw`\b(studio-live-[a-z]{9})\b`,
  ]
  const file = rules.map((rule) => `regex = '''${rule}'''`).join('\n')
  expect(readPrefixes(file)).toEqual(['ABIA', 'ACCA', 'studio-', 'tokp_', 'tokr_'])
})

it('has the beginnings of a hundred services', () => {
  const prefixes = keyPrefixes.split('|')
  expect(prefixes.length).toBeGreaterThan(90)
  expect(prefixes).toEqual(
    expect.arrayContaining(['AIza', 'ghp_', 'glpat-', 'hf_', 'hvs[.]', 'npm_', 'sk-proj-', 'xoxb-']),
  )
  expect(prefixes.filter((one) => one.length < 4 && !/^\w{2,}[-_]$/.test(one))).toEqual([])
})

const given = process.env['GITLEAKS_RULES']
it.skipIf(given === undefined)('is made from the rules of gitleaks', async () => {
  await expect(prefixFile(readFileSync(given!, 'utf8'))).toMatchFileSnapshot(
    '../packages/core/src/key-prefixes.ts',
  )
})
