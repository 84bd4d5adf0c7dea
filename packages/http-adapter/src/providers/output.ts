import type { JobState } from '@callsheet/core/jobs'

type Output = Pick<JobState, 'outputUrl' | 'outputs' | 'metadata'>

const most = { depth: 8, visits: 10_000, urls: 1_000, url: 8_192, fields: 1_000 }
// Fields, by their plain names, that are not output: what an answer repeats of the request, and addresses of the job.
export const never = new RegExp(
  [
    'prompt|^(?:input|request|argument|param|source|driver|reference|init|keyframe|taskInfo|config)',
    '^(?:start|first|end|tail)(?:image|frame)|^imageTail',
    '^(?:webhook|callback|notify|status|cancel|poll|operation)',
    '^(?:get|self|web|stream|logs?|next|docs?)(?:url)?$|^(?:response|upload)url$',
  ].join('|'),
  'i',
)
/** Output only for want of any other. */
const lesser =
  /thumb|preview|snapshot|cover|poster|progress|watermark|moderat|frame|gif|caption|subtitle|renderedImage|origin|pageUrl|share/i
const better = /video|mp4|result|output/
const ranks = { better: 0, plain: 1, lesser: 2 } as const

/** The fields of an object that are read. */
export const fieldsIn = (value: object): (readonly [name: string, value: unknown])[] =>
  Object.entries(value).slice(0, most.fields)

/** A field's name in lower case, without signs: `task_status` and `taskStatus` are one. */
export const plainName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/**
 * The fields to record for any output: all addresses in it, a video before a picture, and a thumbnail only for want of
 * anything else; without an address, only its type.
 *
 * Empty for an empty output.
 */
export function outputOf(output: unknown): Output {
  const { urls, isList } = urlsIn(output)
  const [outputUrl] = urls
  if (outputUrl !== undefined) return { outputUrl, ...(isList || urls.length > 1 ? { outputs: urls } : {}) }
  const outputType = typeOf(output)
  return outputType === undefined ? {} : { metadata: { outputType } }
}

interface Found {
  readonly rank: number
  readonly inList: boolean
}

function urlsIn(output: unknown): { readonly urls: string[]; readonly isList: boolean } {
  const all = new Map<string, Found>()
  let visits = most.visits
  const visit = (value: unknown, depth: number, rank: number, inList: boolean): void => {
    visits -= 1
    if (visits < 0 || all.size >= most.urls) return
    if (isUrl(value) && rank < (all.get(value)?.rank ?? Infinity)) all.set(value, { rank, inList })
    if (typeof value !== 'object' || value === null || depth === most.depth) return
    for (const [name, part] of fieldsIn(value)) {
      const plain = plainName(name)
      if (!never.test(plain)) visit(part, depth + 1, rankOf(plain, rank), inList || Array.isArray(value))
    }
  }
  visit(output, 0, ranks.plain, false)
  const sorted = [...all].toSorted(([, one], [, other]) => one.rank - other.rank)
  const found = sorted.filter(([, { rank }]) => rank < ranks.lesser || rank === sorted[0]![1].rank)
  return { urls: found.map(([url]) => url), isList: found.some(([, { inList }]) => inList) }
}

function rankOf(plain: string, outer: number): number {
  if (outer === ranks.lesser || lesser.test(plain)) return ranks.lesser
  return better.test(plain) ? ranks.better : outer
}

/** Of a data: URL core keeps what it is and how large. */
const isUrl = (value: unknown): value is string =>
  typeof value === 'string' && (/^data:[\w.+-]+\/[\w.+-]+[;,]/i.test(value) || isAddress(value))

const isAddress = (text: string): boolean =>
  text.length <= most.url && /^(?:https?|gs|s3):\/\/[^\s"<>]+$/i.test(text)

function typeOf(output: unknown): 'text' | 'json' | undefined {
  if (isEmpty(output, most.depth)) return undefined
  if (typeof output === 'string') return 'text'
  if (typeof output !== 'object') return 'json'
  const parts = Object.values(output as object)
  // Language models give their text in pieces.
  return Array.isArray(output) && parts.every((part) => typeof part === 'string') ? 'text' : 'json'
}

/** Nothing, a list or an object of nothing, or a file without an address. */
const isEmpty = (value: unknown, levels: number): boolean =>
  value === null || value === undefined || value === ''
    ? true
    : typeof value === 'object' &&
      levels > 0 &&
      ((value as { readonly url?: unknown }).url === null ||
        Object.values(value).every((part) => isEmpty(part, levels - 1)))
