import { legitimate, planted } from './corpus.ts'
import type { Entry } from './entry.ts'
import { isUnchanged, play, type Played, survivorsOf } from './play.ts'

const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole)
const percent = (part: number, whole: number) =>
  `${(100 * share(part, whole)).toFixed(1)} % (${part} of ${whole})`

const placeOf = ({ field, path = [] }: Entry) => [field, ...path].join('.')

const shorten = (text: string) => (text.length > 240 ? `${text.slice(0, 240)}…` : text)

const lineOf = ({ entry, now }: Played) =>
  `  ${entry.kind} | ${placeOf(entry)}\n    ${shorten(JSON.stringify(entry.text))}\n    → ${shorten(JSON.stringify(now) ?? 'nothing')}`

/** One line for each kind, the worst first. */
const byKind = (all: readonly Played[], good: readonly Played[]) => {
  const kinds = [...new Set(all.map(({ entry }) => entry.kind))].map((kind) => {
    const count = (list: readonly Played[]) => list.filter(({ entry }) => entry.kind === kind).length
    return { kind, whole: count(all), part: count(good) }
  })
  return kinds
    .toSorted((a, b) => share(a.part, a.whole) - share(b.part, b.whole))
    .map(({ kind, whole, part }) => `  ${kind}: ${percent(part, whole)}`)
}

/**
 * What redaction does to the corpus.
 *
 * - `recall`: texts of which no secret survives, of all texts with secrets.
 * - `precision`: texts that stand unchanged, of all legitimate texts.
 * - `aim`: texts that had a secret, of all texts that redaction changed.
 */
export function measure() {
  const withSecrets = play(planted)
  const missed = withSecrets.filter((played) => survivorsOf(played).length > 0)
  const caught = withSecrets.filter((played) => !missed.includes(played))
  const without = play(legitimate)
  const changed = without.filter((played) => !isUnchanged(played))
  const kept = without.filter((played) => !changed.includes(played))
  const hits = withSecrets.filter((played) => !isUnchanged(played)).length
  return {
    recall: share(caught.length, withSecrets.length),
    precision: share(kept.length, without.length),
    aim: share(hits, hits + changed.length),
    summary: [
      `recall: ${percent(caught.length, withSecrets.length)}`,
      `precision: ${percent(kept.length, without.length)}`,
      `changes that hit a text with a secret: ${percent(hits, hits + changed.length)}`,
      'recall by kind:',
      ...byKind(withSecrets, caught),
      'precision by kind:',
      ...byKind(without, kept),
    ].join('\n'),
    missed: ['texts with a secret that survives:', ...missed.map(lineOf)].join('\n'),
    changed: ['legitimate texts that were changed:', ...changed.map(lineOf)].join('\n'),
  }
}
