import { CallsheetError, type ErrorCode, toTaskError } from '../records/errors.ts'
import { shown } from './input.ts'
import type { JsonObject } from '../records/json.ts'
import { hasFields } from './metadata.ts'
import { describeDataUrl, type Redactor } from './redact.ts'
import type { Job, TaskError, TaskStatus } from '../records/task.ts'
import { cleanText, isDataUrl, jsonSize, limits } from '../records/text.ts'

/**
 * What may be said of a task. Fields that are left out stay as they are. A field that a record cannot hold is reported on
 * `error` and dropped, and the rest applied.
 */
export interface TaskPatch<M = JsonObject> {
  /** `starting`, `processing`, `succeeded`, `failed`, `canceled` or `interrupted`. A provider's own word is a `stage`. */
  readonly status?: TaskStatus
  /** A retry is the next attempt. Leaving it out while a failed task goes on means the next one. */
  readonly attempt?: number
  /** How many attempts there will be at most, for a person. */
  readonly maxAttempts?: number
  /** For a person: "upscaling". Cut above 2,000 characters. */
  readonly stage?: string
  /** Whole percent, 0 to 100; never goes down within an attempt. */
  readonly progress?: number
  /** Epoch ms; kept between the start and now. @default now, when the task finishes */
  readonly completedAt?: number
  /** An address of at most 8,192 characters. Of a data: URL, type and size are kept in the metadata. */
  readonly outputUrl?: string
  /** At most 1,000 addresses and 16 KiB. A single address is a list of one. */
  readonly outputs?: readonly string[]
  /** An Error, a text, or `{ message, code?, httpStatus?, retryable? }`. */
  readonly error?: unknown
  /** The provider's handle of the call: `{ provider, id, url? }`. */
  readonly job?: Job
  /**
   * Merged into what is there; or a function from what is there to what shall be. At most 24 KiB of JSON, 256 keys and 32
   * levels: a field that does not fit any more is dropped.
   */
  readonly metadata?: Partial<M> | ((metadata: M) => M)
}

/** Reports that a field, or the rest of it, was dropped; `why` says what was expected, or is what was thrown. */
export type Refuse = (field: string, why: unknown, code?: ErrorCode, isRest?: boolean) => void

/** What refuses fields of a task or a show, in messages that name it. */
export const createRefuse =
  (what: 'Task' | 'Show', id: string, report: (error: unknown) => void): Refuse =>
  (field, why, code = 'invalid_field', isRest = false) => {
    const isText = typeof why === 'string'
    const reason = isText ? why : `reading it failed (${toTaskError(why).message})`
    const message = `${what} "${id}": ${isRest ? 'the rest of ' : ''}"${field}" was dropped: ${reason}.`
    report(new CallsheetError(message, isText ? { code } : { code, cause: why }))
  }

/** The fields of a patch as a record may hold them. */
export interface Given {
  readonly status: TaskStatus | undefined
  readonly attempt: number | undefined
  readonly maxAttempts: number | undefined
  readonly stage: string | undefined
  readonly progress: number | undefined
  readonly completedAt: number | undefined
  readonly outputUrl: string | undefined
  readonly outputs: readonly string[] | undefined
  readonly error: TaskError | undefined
  readonly job: Job | undefined
  /** Not read yet: it is merged with what is held. */
  readonly metadata: unknown
  /** The data: URLs among the outputs. */
  readonly described: readonly { readonly type: string; readonly bytes: number }[]
}

/** Reads a patch as an application gives it, whatever that is: each field on its own. */
export function readPatch(patch: unknown, redactor: Redactor, refuse: Refuse): Given {
  const described: { type: string; bytes: number }[] = []
  const given = (patch ?? {}) as TaskPatch<never>
  /** An address as a record may hold it; undefined where it is refused, or described instead. */
  const readUrl = (value: unknown, field: string): string | undefined => {
    const text = hrefOf(value)
    const data = field !== 'job.url' && text !== undefined && describeDataUrl(text)
    if (data) described.push(data)
    if (data) return undefined
    const url = text === undefined || text.length > limits.url ? undefined : redactor.url(text)
    if (url !== undefined && url.length <= limits.url && !isDataUrl(url)) return cleanText(url, limits.url)
    refuse(field, `expected an address of at most ${limits.url} characters, and no data: URL`)
    return undefined
  }
  const readOutputs = (value: unknown): readonly string[] | undefined => {
    const list = Array.isArray(value)
      ? (value as unknown[])
      : hrefOf(value) === undefined
        ? undefined
        : [value]
    if (list === undefined) return undefined
    let room: number = limits.outputs
    const kept: string[] = []
    for (const one of list.slice(0, limits.list)) {
      const url = readUrl(one, 'outputs')
      if (url !== undefined && (room -= jsonSize(url) + 1) >= 0) kept.push(url)
    }
    if (room < 0 || list.length > limits.list)
      refuse('outputs', `only ${limits.list} addresses and 16 KiB of a list are kept`, 'limit_reached', true)
    return Object.freeze(kept)
  }
  const readJob = (value: unknown): Job | undefined => {
    const { provider, id, url } = value as Partial<Record<keyof Job, unknown>>
    const [name, handle] = [textOf(provider), textOf(id)]
    if (name === undefined || handle === undefined || handle.length > limits.text) return undefined
    const job = { provider: cleanText(redactor.text(name), 200), id: redactor.text(handle) }
    const address = url === undefined || url === null ? undefined : readUrl(url, 'job.url')
    return Object.freeze(address === undefined ? job : { ...job, url: address })
  }
  const readStage = (value: unknown): string | undefined => {
    const text = textOf(value)
    return text === undefined ? undefined : redactor.text(text)
  }
  const read = <T>(field: keyof TaskPatch, of: (value: unknown) => T | undefined): T | undefined => {
    try {
      const value: unknown = given[field]
      if (value === undefined || value === null) return undefined
      const kept = of(value)
      if (kept === undefined) refuse(field, `expected ${expected[field]}, got ${shown(value)}`)
      return kept
    } catch (error) {
      refuse(field, error)
      return undefined
    }
  }
  return {
    status: read('status', readStatus),
    attempt: read('attempt', readCount),
    maxAttempts: read('maxAttempts', readCount),
    stage: read('stage', readStage),
    progress: read('progress', readProgress),
    completedAt: read('completedAt', readTime),
    outputs: read('outputs', readOutputs),
    outputUrl: readOutputUrl(),
    error: read('error', (value) => readError(value, redactor)),
    job: read('job', readJob),
    metadata: read('metadata', readObject),
    described,
  }

  function readOutputUrl(): string | undefined {
    try {
      const value: unknown = given.outputUrl
      return value === undefined || value === null ? undefined : readUrl(value, 'outputUrl')
    } catch (error) {
      refuse('outputUrl', error)
      return undefined
    }
  }
}

const statuses: Readonly<Record<TaskStatus, true>> = {
  starting: true,
  processing: true,
  succeeded: true,
  failed: true,
  canceled: true,
  interrupted: true,
}

const expected: Readonly<Record<keyof TaskPatch, string>> = {
  status: `${Object.keys(statuses).join(', ')}; use "stage" for provider-specific states`,
  attempt: 'a whole number from 1',
  maxAttempts: 'a whole number from 1',
  stage: 'a text',
  progress: 'a number from 0 to 100',
  completedAt: 'epoch milliseconds',
  outputUrl: 'an address',
  outputs: 'an address or a list of them',
  error: 'an error',
  job: '{ provider, id, url? }, the id of at most 2,000 characters',
  metadata: 'an object or a function',
}

const readStatus = (value: unknown): TaskStatus | undefined =>
  typeof value === 'string' && Object.hasOwn(statuses, value) ? (value as TaskStatus) : undefined

const numberOf = (value: unknown): number =>
  typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : Number.NaN

const readCount = (value: unknown): number | undefined => {
  const number = Math.floor(numberOf(value))
  return number >= -limits.count && number <= limits.count ? Math.max(1, number) : undefined
}

const readProgress = (value: unknown): number | undefined => {
  const number = Math.floor(numberOf(value))
  return Number.isFinite(number) ? Math.max(0, Math.min(100, number)) : undefined
}

const readTime = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

const readObject = (value: unknown): unknown =>
  typeof value === 'function' || hasFields(value) ? value : undefined

const readError = (value: unknown, { text }: Redactor): TaskError => {
  const { message, code, httpStatus, retryable } = toTaskError(value)
  return Object.freeze({
    message: text(message),
    ...(code === undefined ? {} : { code: cleanText(text(code), 200) }),
    ...(Number.isSafeInteger(httpStatus) ? { httpStatus: httpStatus! } : {}),
    ...(retryable === undefined ? {} : { retryable }),
  })
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'bigint'
      ? String(value)
      : undefined

/** The text of an address that was given as one, or as a URL. */
const hrefOf = (value: unknown): string | undefined => {
  const text = typeof value === 'object' && value !== null ? (value as { href?: unknown }).href : value
  return typeof text === 'string' ? text : undefined
}
