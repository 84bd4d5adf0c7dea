import { CallsheetError } from '../records/errors.ts'
import { createRedactor, type RedactOptions } from './redact.ts'

/** How secrets begin, for the message only. What counts as a secret is decided where records are redacted. */
const families: readonly (readonly [RegExp, string])[] = [
  [/^sk-ant-/, 'an Anthropic key'],
  [/^[rs]k_(?:live|test)_/, 'a Stripe key'],
  [/^sk-/, 'an OpenAI key, or one of its shape'],
  [/^[rs]k_/, 'an ElevenLabs key, or one of its shape'],
  [/^r8_/, 'a Replicate token'],
  [/^hf_/, 'a Hugging Face token'],
  [/^g(?:h\w|ithub_pat)[-_]/, 'a GitHub token'],
  [/^xox/, 'a Slack token'],
  [/^AIza/, 'a Google key'],
  [/^AKIA/, 'an AWS key'],
  [/^eyJ/, 'a JSON web token'],
  [/^[\da-f]{8}-/, 'a fal key'],
  [/^PRIVATE KEY/, 'a private key'],
]

/** The index of the first difference of two texts: the start of the first secret. */
function firstDifference(text: string, other: string): number {
  let index = 0
  while (index < text.length && text[index] === other[index]) index += 1
  return index
}

function familyOf(text: string, clean: string): string {
  const start = firstDifference(text, clean)
  const secret = text.slice(start)
  if (/(?:bearer|basic)\s+$/i.test(text.slice(Math.max(0, start - 12), start)))
    return 'the credentials of an Authorization header'
  const known = families.find(([shape]) => shape.test(secret))
  return known?.[1] ?? 'a secret by its name or by a shape of your own'
}

const entriesOf = (value: object): [string, unknown][] => {
  if (value instanceof Map || (typeof Headers === 'function' && value instanceof Headers)) {
    return [...(value as ReadonlyMap<unknown, unknown>)].map(([name, part]) => [String(name), part])
  }
  // These fields of an error are not enumerable.
  const said = value instanceof Error ? ['message', 'stack', 'cause'] : []
  return [...new Set([...said, ...Object.keys(value)])].map((name) => [
    name,
    (value as Record<string, unknown>)[name],
  ])
}

const holdsNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  typeof value === 'boolean' ||
  value === '' ||
  value === '[redacted]'

/**
 * Throws a CallsheetError if a value contains a secret: in a field with a secret's name, or anywhere in a text, by the rules
 * that redact records. The message tells where and of which kind, never the secret itself.
 *
 * Reads texts, arrays, objects, errors (with message, stack and cause), Maps and Headers.
 *
 * @param options The tracker's `redact` option.
 * @example
 * expectNoSecrets(tracker.serialize())
 * expectNoSecrets(await response.text())
 */
export function expectNoSecrets(value: unknown, options: RedactOptions = {}): void {
  const { url: hide, name: nameOf } = createRedactor(options)
  const seen = new Set<unknown>()
  const fail = (path: string, family: string) => {
    throw new CallsheetError(`Found ${family} at ${path || 'the top'}.`, { code: 'assertion_failed' })
  }
  const visit = (part: unknown, path: string): void => {
    if (typeof part === 'string') {
      const clean = hide(part)
      if (clean !== part) fail(path, familyOf(part, clean))
      return
    }
    if (typeof part !== 'object' || part === null || seen.has(part)) return
    seen.add(part)
    for (const [name, one] of entriesOf(part)) {
      // A name may contain a secret, so only its redacted form is shown.
      const shown = hide(name)
      const place = Array.isArray(part) ? `${path}[${name}]` : path ? `${path}.${shown}` : shown
      if (shown !== name) fail(place, `${familyOf(name, shown)} in the name of a field`)
      if (nameOf(name) === undefined && !holdsNothing(one)) fail(place, 'a field of a secret’s name')
      visit(one, place)
    }
  }
  visit(value, '')
}
