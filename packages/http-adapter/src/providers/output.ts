import type { JobState } from '@callsheet/core/jobs'

type Output = Pick<JobState, 'outputUrl' | 'outputs' | 'metadata'>

const most = { depth: 8, visits: 10_000, urls: 1_000, url: 8_192 }
// An answer repeats these fields of the request: they are not output.
const repeated = /^(?:input|prompt|negative_?prompt|webhook|logs?$)/i

/**
 * The fields to record for any output: all addresses in it; without one, only its type.
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

function urlsIn(output: unknown): { readonly urls: string[]; readonly isList: boolean } {
  const urls = new Set<string>()
  let isList = false
  let visits = most.visits
  const visit = (value: unknown, depth: number, inList: boolean): void => {
    visits -= 1
    if (visits < 0 || urls.size >= most.urls) return
    if (isUrl(value)) {
      urls.add(value)
      isList ||= inList
    }
    if (typeof value !== 'object' || value === null || depth === most.depth) return
    for (const [name, part] of Object.entries(value)) {
      if (!repeated.test(name)) visit(part, depth + 1, inList || Array.isArray(value))
    }
  }
  visit(output, 0, false)
  return { urls: [...urls], isList }
}

/** Of a data: URL core keeps what it is and how large. */
const isUrl = (value: unknown): value is string =>
  typeof value === 'string' && (/^data:[\w.+-]+\/[\w.+-]+[;,]/i.test(value) || isAddress(value))

const isAddress = (text: string): boolean => text.length <= most.url && /^https?:\/\/[^\s"<>]+$/i.test(text)

function typeOf(output: unknown): 'text' | 'json' | undefined {
  if (isEmpty(output, most.depth)) return undefined
  if (typeof output === 'string') return 'text'
  if (typeof output !== 'object') return 'json'
  const parts = Object.values(output as object)
  // Language models give their text in pieces.
  return Array.isArray(output) && parts.every((part) => typeof part === 'string') ? 'text' : 'json'
}

/** Nothing, or a list or an object of nothing. */
const isEmpty = (value: unknown, levels: number): boolean =>
  value === null || value === undefined || value === ''
    ? true
    : typeof value === 'object' &&
      levels > 0 &&
      Object.values(value).every((part) => isEmpty(part, levels - 1))
