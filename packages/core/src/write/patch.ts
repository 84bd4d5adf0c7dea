import { CallsheetError, type ErrorCode } from '../records/errors.ts'
import { readTaskError, toTaskError } from '../records/thrown.ts'
import { shown } from './input.ts'
import type { JsonObject } from '../records/json.ts'
import { hasFields } from './metadata.ts'
import { describeDataUrl, type Redactor } from './redact.ts'
import type { Job, TaskError, TaskRecord, TaskStatus } from '../records/task.ts'
import { cleanText, isDataUrl, jsonSize, limits } from '../records/text.ts'

/**
 * The fields of a task that an update may set. Fields that are left out stay as they are. An invalid or unknown field is
 * reported on `error` and dropped, and the rest is applied.
 */
export interface TaskPatch<M = JsonObject> {
  /**
   * `starting`, `processing`, `succeeded`, `failed`, `canceled` or `interrupted`. Use `stage` for provider-specific states.
   */
  readonly status?: TaskStatus
  /** From 1. @default the same attempt, or the next one when a failed task becomes active again */
  readonly attempt?: number
  /** Maximum number of attempts, for display. */
  readonly maxAttempts?: number
  /** Free text for display: "upscaling". Cut above 2,000 characters; an empty text removes it. */
  readonly stage?: string
  /** Percent, 0 to 100; rounded down, and never lowered within an attempt. */
  readonly progress?: number
  /**
   * Epoch ms; limited to the time between the start and now.
   *
   * @default now, when the task finishes
   */
  readonly completedAt?: number
  /** A URL of at most 8,192 characters. Of a `data:` URL, only type and size are kept, in the metadata. */
  readonly outputUrl?: string
  /** At most 1,000 URLs and 16 KiB. A single URL is a list of one. */
  readonly outputs?: readonly string[]
  /** An Error, a string, or `{ message, code?, httpStatus?, retryable? }`. */
  readonly error?: unknown
  /** The provider's handle of the call: `{ provider, id, url? }`. */
  readonly job?: Job
  /**
   * Merged into the current metadata; or a function from the current metadata to the new one. At most 24 KiB of JSON, 256
   * keys and 32 levels: a field that does not fit is dropped.
   */
  readonly metadata?: Partial<M> | ((metadata: M) => M)
}

/**
 * Reports an invalid field. `why` says what was expected, or is the error that reading it threw.
 *
 * @param isCut The field was kept in part.
 */
export type Refuse = (field: string, why: unknown, code?: ErrorCode, isCut?: boolean) => void

/** Makes a `Refuse` whose messages name a task or a show. */
export const createRefuse =
  (what: 'Task' | 'Show', id: string, report: (error: unknown) => void): Refuse =>
  (field, why, code = 'invalid_field', isCut = false) => {
    const isText = typeof why === 'string'
    const reason = isText ? why : `reading it failed (${toTaskError(why).message})`
    const message = `${what} "${id}": "${field}" was ${isCut ? 'cut' : 'dropped'}: ${reason}.`
    report(new CallsheetError(message, isText ? { code } : { code, cause: why }))
  }

/** The fields of a patch as a record may hold them. */
export type Given = { readonly [N in Exclude<keyof TaskPatch, 'metadata'>]?: TaskRecord[N] | undefined } & {
  /** Not read yet: it is merged into the current metadata later. */
  readonly metadata?: unknown
  /** The data: URLs among the outputs. */
  readonly described?: readonly DataUrl[]
}

interface DataUrl {
  readonly type: string
  readonly bytes: number
}

interface Reading {
  readonly redactor: Redactor
  readonly refuse: Refuse
  readonly described: DataUrl[]
}

/** Reads a value as a record may hold it. Undefined: invalid. Null: nothing to keep, and already reported. */
type Read = (value: unknown, reading: Reading) => unknown

/** Reads a patch of any shape, each field on its own. Never throws. */
export function readPatch(patch: unknown, redactor: Redactor, refuse: Refuse): Given {
  const given: Record<string, unknown> = {}
  let reading: Reading | undefined
  let unknown: string[] | undefined
  try {
    if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
      refuse('patch', `expected an object such as { status: 'succeeded' }, got ${shown(patch)}`)
    else
      for (const name in patch) {
        const field = fields.get(name)
        if (field) {
          reading ??= { redactor, refuse, described: [] }
          given[name] = readField(patch, name, field, reading)
        } else if (!isFixed(name) && Object.hasOwn(patch, name)) (unknown ??= []).push(name)
      }
  } catch (error) {
    // A proxy that does not list its keys.
    refuse('patch', error)
  }
  if (unknown) {
    const names = unknown.slice(0, 5).map((name) => name.slice(0, 40))
    refuse(names.join('", "'), `unknown field. Known fields: ${[...fields.keys()].join(', ')}`)
  }
  if (reading && reading.described.length > 0) given['described'] = reading.described
  return given
}

function readField(patch: object, name: string, [read, expected]: Field, reading: Reading): unknown {
  try {
    const value = (patch as Record<string, unknown>)[name] ?? undefined
    const kept = value === undefined ? null : read(value, reading)
    if (kept === undefined) reading.refuse(name, `expected ${expected}, got ${shown(value)}`)
    return kept ?? undefined
  } catch (error) {
    reading.refuse(name, error)
    return undefined
  }
}

/** Fields that an update may contain but never sets: applications pass whole records. */
const fixed = new Set(['id', 'showId', 'type', 'stepNumber', 'startedAt', 'updatedAt', 'rev', 'by'])

const isFixed = (name: string): boolean => fixed.has(name) || name.endsWith('Id')

const statuses = ['starting', 'processing', 'succeeded', 'failed', 'canceled', 'interrupted']

const readStatus: Read = (value) => (statuses.includes(value as string) ? value : undefined)

const numberOf = (value: unknown): number =>
  typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : Number.NaN

const readCount: Read = (value) => {
  const number = Math.floor(numberOf(value))
  return number >= 1 && number <= limits.count ? number : undefined
}

const readProgress: Read = (value, { refuse }) => {
  const number = Math.floor(numberOf(value))
  if (!Number.isFinite(number)) return undefined
  const progress = Math.max(0, Math.min(100, number))
  if (progress !== number)
    refuse('progress', `expected a number from 0 to 100, got ${shown(value)}`, 'invalid_field', true)
  return progress
}

const readTime: Read = (value) =>
  typeof value === 'number' && value >= 0 && value < Infinity ? value : undefined

const readStage: Read = (value, { redactor }) => {
  const text = textOf(value)
  return text === undefined ? undefined : redactor.text(text)
}

/** A URL as a record may hold it; null if it is invalid, or a data: URL, which is described instead. */
function readUrl(value: unknown, field: string, { redactor, refuse, described }: Reading): string | null {
  const text = hrefOf(value)
  const data = field !== 'job.url' && text !== undefined && describeDataUrl(text)
  if (data) {
    described.push(data)
    return null
  }
  const url = text === undefined || text.length > limits.url ? undefined : redactor.url(text)
  if (url !== undefined && url.length <= limits.url && !isDataUrl(url)) return cleanText(url, limits.url)
  refuse(
    field,
    `expected a URL of at most ${limits.url} characters that is not a data: URL, got ${shown(value)}`,
  )
  return null
}

const readOutputs: Read = (value, reading) => {
  const list: unknown = typeof value === 'string' || hrefOf(value) !== undefined ? [value] : value
  if (!Array.isArray(list)) return undefined
  let room: number = limits.outputs
  const kept: string[] = []
  for (const one of list.slice(0, limits.list) as unknown[]) {
    const url = readUrl(one, 'outputs', reading)
    if (url !== null && (room -= jsonSize(url) + 1) >= 0) kept.push(url)
  }
  if (room < 0 || list.length > limits.list)
    reading.refuse('outputs', `only ${limits.list} URLs and 16 KiB of a list are kept`, 'limit_reached', true)
  return Object.freeze(kept)
}

/** Reads an error. One that throws is recorded as "failed". */
const readError: Read = (value, { redactor: { text }, refuse }) => {
  let read: TaskError = { message: 'failed' }
  try {
    read = readTaskError(value)
  } catch (error) {
    refuse('error', error, 'invalid_field', true)
  }
  const { message, code, httpStatus, retryable } = read
  return Object.freeze({
    message: text(message),
    ...(code !== undefined && { code: cleanText(text(code), 200) }),
    ...(Number.isSafeInteger(httpStatus) && { httpStatus: httpStatus! }),
    ...(retryable !== undefined && { retryable }),
  })
}

const readJob: Read = (value, reading) => {
  const { provider, id, url } = value as Partial<Record<keyof Job, unknown>>
  const [name, handle] = [textOf(provider), textOf(id)]
  if (name === undefined || handle === undefined || handle.length > limits.text) return undefined
  const { text } = reading.redactor
  const job = { provider: cleanText(text(name), 200), id: text(handle) }
  const address = url === undefined || url === null ? null : readUrl(url, 'job.url', reading)
  return Object.freeze(address === null ? job : { ...job, url: address })
}

const readMetadata: Read = (value) => (typeof value === 'function' || hasFields(value) ? value : undefined)

type Field = readonly [read: Read, expected: string]

const count: Field = [readCount, `a whole number from 1 to ${limits.count}`]

// A Map, to read only the fields that a patch has: reading all eleven of every patch took longer than the rest.
const fields: ReadonlyMap<string, Field> = new Map<keyof TaskPatch, Field>([
  ['status', [readStatus, `${statuses.join(', ')}; use "stage" for provider-specific states`]],
  ['attempt', count],
  ['maxAttempts', count],
  ['stage', [readStage, 'a string']],
  ['progress', [readProgress, 'a number from 0 to 100']],
  ['completedAt', [readTime, 'epoch milliseconds']],
  ['outputUrl', [(value, reading) => readUrl(value, 'outputUrl', reading), '']],
  ['outputs', [readOutputs, 'a URL or a list of URLs']],
  ['error', [readError, '']],
  ['job', [readJob, '{ provider, id, url? } with an id of at most 2,000 characters']],
  ['metadata', [readMetadata, 'an object or a function']],
])

const textOf = (value: unknown): string | undefined =>
  ['string', 'number', 'bigint'].includes(typeof value) ? String(value) : undefined

/** The text of a URL that was given as a string or as a URL object. */
const hrefOf = (value: unknown): string | undefined => {
  const text = typeof value === 'object' && value !== null ? (value as { href?: unknown }).href : value
  return typeof text === 'string' ? text : undefined
}
