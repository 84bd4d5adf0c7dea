import type { Json, JsonObject } from './json.ts'
import { cleanText, isDataUrl, limits } from './text.ts'
import { isRemoved, type TaskVersion } from './task.ts'

// Keys whose values are secrets whatever they hold, and shapes of values that are secrets wherever they stand.
const secretKey =
  /^(?:.*[-_])?(?:authorization|password|passwd|secret|token|cookie|api[-_]?key|access[-_]?key|private[-_]?key)$/i
const secretCamelKey = /(?:Authorization|Password|Secret|Token|Cookie|ApiKey|AccessKey|PrivateKey)$/
const secretValue =
  /\bBearer [\w.~+/=-]{8,}|\b(?:sk|pk|rk)-[\w-]{16,}|\br8_\w{16,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:[0-9a-f]{16,}/g

const isSecretKey = (key: string) => secretKey.test(key) || secretCamelKey.test(key)

// Longer texts are cut before they are searched: what nobody keeps needs no search.
const searched = limits.text * 2

/** A free text as a record may hold it: secrets out, broken characters replaced, cut where it is too long. */
export function redactText(text: string): string {
  const described = describeDataUrl(text)
  if (described) return `[${described.type}, ${described.bytes} bytes]`
  const head = text.length > searched ? text.slice(0, searched) : text
  const clean = head.replace(secretValue, '[redacted]')
  if (text.length === head.length) return cleanText(clean)
  return cleanText(clean.slice(0, limits.text)) + `… [${text.length} characters]`
}

/** Media type and size of a data: URL; undefined for any other text. */
export function describeDataUrl(url: string): { readonly type: string; readonly bytes: number } | undefined {
  if (!isDataUrl(url)) return undefined
  const comma = url.indexOf(',')
  const head = url.slice(url.indexOf(':') + 1, comma < 0 ? 200 : Math.min(comma, 200))
  const type = cleanText(head.split(';')[0] || 'text/plain', 100)
  const length = comma < 0 ? 0 : url.length - comma - 1
  const padding = url.endsWith('==') ? 2 : url.endsWith('=') ? 1 : 0
  return { type, bytes: /;base64$/i.test(head) ? Math.floor((length * 3) / 4) - padding : length }
}

/**
 * Metadata as a record may hold it: plain JSON of bounded depth and size, without secret fields, secret-looking
 * values, data: URLs and long texts.
 */
export function redactMetadata(given: unknown, secret: readonly string[] = []): JsonObject {
  let keys: number = limits.keys
  let items: number = limits.items
  const visit = (value: unknown, depth: number): Json | undefined => {
    if (depth > limits.depth) return undefined
    if (typeof value === 'string') return redactText(value)
    if (typeof value === 'number') return Number.isFinite(value) ? value : null
    if (typeof value === 'boolean' || value === null) return value
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object') return undefined
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
    return Object.freeze(Array.isArray(value) ? list(value, depth) : fields(value, depth))
  }
  const list = (value: readonly unknown[], depth: number): Json[] => {
    const kept: Json[] = []
    const length = depth === limits.depth ? 0 : Math.min(value.length, 1_000)
    for (let index = 0; index < length && items > 0; index += 1) {
      items -= 1
      kept.push(visit(value[index], depth + 1) ?? null)
    }
    return kept
  }
  const fields = (value: object, depth: number): JsonObject => {
    const entries: [string, Json][] = []
    for (const [name, item] of Object.entries(value)) {
      if (secret.includes(name) || isSecretKey(name)) continue
      if (keys === 0) break
      // Counted before what it holds: an object that is too large loses its depths, not its own fields.
      keys -= 1
      const kept = visit(item, depth + 1)
      if (kept === undefined) keys += 1
      else entries.push([cleanText(name, 200).replace(secretValue, '[redacted]'), kept])
    }
    // Makes own properties whatever their names are: `__proto__` too.
    return Object.fromEntries(entries)
  }
  return Object.freeze(fields(typeof given === 'object' && given !== null ? given : {}, 0))
}

// The query of an address that stands somewhere in a text.
const query = /(https?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi

/** A value without the queries of the addresses in its texts. */
export const withoutQueries = <T>(value: T): T => {
  if (typeof value === 'string') return value.replace(query, '$1') as T
  if (Array.isArray(value)) return value.map(withoutQueries) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withoutQueries(part)])) as T
}

/** A version as logs may hold it: the query of every address is cut, for it may be signed. */
export function forLogs(version: TaskVersion): TaskVersion {
  if (isRemoved(version)) return version
  const cut = (url: string) => url.split(/[?#]/, 1)[0]!
  const task = withoutQueries(version)
  return {
    ...task,
    ...(task.outputUrl === undefined ? {} : { outputUrl: cut(task.outputUrl) }),
    ...(task.outputs === undefined ? {} : { outputs: task.outputs.map(cut) }),
    ...(task.job?.url === undefined ? {} : { job: { ...task.job, url: cut(task.job.url) } }),
  }
}
