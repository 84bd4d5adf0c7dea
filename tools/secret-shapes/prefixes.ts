// cspell:disable
// How keys begin, from the rules of gitleaks (MIT, https://github.com/gitleaks/gitleaks, config/gitleaks.toml; last read at
// b58d3f102cf3a2c84cb7f923d05c25c9b1aed84b of July 2026). To renew packages/core/src/key-prefixes.ts, download that file and run
// GITLEAKS_RULES=<path of the file> pnpm exec vitest run --project node test/secret-prefixes.test.ts -u

/** The texts that an expression begins with: its literal signs, groups and short classes, up to the first that is open. */
function beginningsOf(source: string): string[] {
  const part = /^(?:\(\?:([\w|.\\-]+)\)|\[([a-zA-Z]{1,4})\]|(\\\.|[\w-]))(?![*+?{])/.exec(source)
  if (!part) return ['']
  const [whole, group, letters, sign] = part
  const choices = group?.split('|') ?? (letters ? Array.from(letters) : [sign!])
  const rest = beginningsOf(source.slice(whole.length))
  return choices.flatMap((choice) => rest.map((tail) => choice.replaceAll('\\', '') + tail))
}

/** Beginnings that say too little: words of a language, hexadecimal digits, and names of files. */
const isTelling = (beginning: string) =>
  /^\w/.test(beginning) &&
  (/^\w[\w-]+[-_.]$/.test(beginning) || (beginning.length >= 4 && /[A-Z\d]/.test(beginning))) &&
  !/^[\da-f]+$|^(API-|https?|v1\.0-|sha256|bedrock-|A3-)/.test(beginning) &&
  !/^(sc|ext|pat|sat|s)[._]$/.test(beginning)

/** All beginnings in a file of rules, none of which begins with another one. */
export function readPrefixes(rules: string): string[] {
  const sources = [...rules.matchAll(/^regex = '''(.*)'''$/gm)].map(([, source]) => source!)
  const found = sources.flatMap((source) => {
    const bare = source.replaceAll(/\(\?-?i\)/g, '').replace(/^(\\b|\((?!\?))+/, '')
    // A rule of several formats: each alternative is one.
    const all = /^\(\?:.*\[.*\|/.test(bare) ? bare.replace(/^\(\?:/, '').split('|') : [bare]
    return all.flatMap(beginningsOf)
  })
  const telling = [...new Set(found.filter(isTelling))].toSorted()
  return telling.filter((one) => !telling.some((other) => other !== one && one.startsWith(other)))
}

/** The file of the entry. */
export const prefixFile = (
  rules: string,
) => `// Generated from the rules of gitleaks (MIT). To renew it, see tools/secret-shapes/prefixes.ts.
// cspell:disable

/** How keys begin: a source of a RegExp. */
export const keyPrefixes =
  '${readPrefixes(rules).join('|').replaceAll('.', '[.]')}'
`
