import type { TaskStatus } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import { messageOf } from '@callsheet/core/provider'
import { fieldsIn, never, outputOf, plainName } from './output.ts'
import { percentIn, queued, stages } from './stage.ts'

/** What an answer does not say itself. */
export interface JsonStateOptions {
  /**
   * The unit of `progress`.
   *
   * @default `%` and a field such as `percent` say percent; a number between 0 and 1 is a fraction, any other a
   * percentage. 1 alone may be either, and is left out.
   */
  readonly progress?: 'fraction' | 'percent'
  /** What the provider's own words mean, numbers too: `{ baked: 'succeeded', 7: 'failed' }`. @default {} */
  readonly words?: Readonly<Record<string, TaskStatus>>
}

type Fields = Readonly<Record<string, unknown>>

// Names of fields, compared by `plainName`, the most telling first.
const statusNames = 'status state taskStatus taskState jobStatus jobState'
const outputNames =
  /^(?:outputs?|results?|taskResult|videoResult|data|response|assets?|creations?|content|samples?|artifacts?|generate\w+|generation\w*|images?|videos?|audios?|files?|fileIds?|download|text|transcript\w*)$|ur[li]s?$/i
const reasonNames =
  'error errors failure failureReason failReason failureMessage errorMessage errorMsg errMsg taskStatusMsg statusReason statusDetails statusMessage taskError reason'
const messageNames = 'message msg detail details description baseResp'
const codeNames = 'failureCode errorCode errCode'
// What a filter says that has left nothing over.
const filterNames = 'raiMediaFilteredReasons raiFilteredReason filteredReason blockReason'
const envelope =
  /^(?:data|results?|outputs?|task|job|response|resp|operation|predictions?|video|item)$|generate|generation/

const wait = /queue|pending|waiting|submitted|notStarted/i

/**
 * Reads a job by the usual names, in any case: `status` or `state`; `stage` or `phase`; `progress` or `percent`;
 * `queuePosition`; `logs`; `output`, `result`, `data`, or what ends in `url`, else any address that is not an input;
 * `error`, `failure_reason`, `detail` or `message`. Opens `{ data: { … } }` and similar envelopes. `done` of a Google operation is a
 * status, too. No status for what has none, such as `{ status: null, detail, isTransient: true }`.
 *
 * @example
 * jsonState({ code: 0, data: { task_status: 'succeed', task_result: { videos: [{ url: 'https://example.com/ada.mp4' }] } } })
 * // { status: 'succeed', outputUrl: 'https://example.com/ada.mp4', outputs: ['https://example.com/ada.mp4'] }
 */
export const jsonState = (body: unknown): JobState => readState(body, {})

/** As `jsonState`, with what the answer does not say itself. */
export function readState(body: unknown, { progress: unit, words = {} }: JsonStateOptions): JobState {
  const opened = jobIn(body, words)
  if (!opened) return {}
  const { job, word } = opened
  const stage = first(job, 'stage phase')
  const progress = progressIn(job, unit) ?? percentIn(first(job, 'logs log'))
  const output = outputIn(job, body)
  const refusal = sentenceIn(opened.all, filterNames)
  if (refusal !== undefined && output.outputUrl === undefined) return { status: 'failed', error: refusal }
  const error = errorOf(job, opened.all[0]!)
  const known = Object.hasOwn(words, word) ? words[word] : undefined
  return {
    status: known ?? word,
    ...(typeof stage === 'string'
      ? { stage }
      : wait.test(plainName(word))
        ? // BFL calls a picture pending while it is drawn.
          { stage: progress ? stages.running : queued(first(job, 'queuePosition position')) }
        : known && { stage: word }),
    ...(progress !== undefined && { progress }),
    ...output,
    ...(error !== undefined && { error }),
  }
}

/** An answer and the objects in it that may hold the job, outer ones first. */
export function envelopesIn(body: unknown, levels = 4): readonly Fields[] {
  if (Array.isArray(body)) return body.length === 1 ? envelopesIn(body[0], levels) : []
  if (typeof body !== 'object' || body === null) return []
  const entries = fieldsIn(body)
  const isOnly = entries.length === 1 && entries[0]![0] !== 'error'
  const inner = entries.filter(([name]) => isOnly || envelope.test(plainName(name)))
  return [body as Fields, ...inner.flatMap(([, part]) => (levels > 0 ? envelopesIn(part, levels - 1) : []))]
}

/** Fields that are there, by their plain names. */
const plainFields = new WeakMap<Fields, ReadonlyMap<string, unknown>>()

/** The first of these fields that is there. */
export function first(fields: Fields, names: string): unknown {
  let plain = plainFields.get(fields)
  if (!plain) {
    const there = fieldsIn(fields).filter(([, value]) => value !== undefined && value !== null)
    plain = new Map(there.map(([name, value]) => [plainName(name), value] as const).toReversed())
    plainFields.set(fields, plain)
  }
  const found = names.split(' ').find((name) => plain.has(plainName(name)))
  return found === undefined ? undefined : plain.get(plainName(found))
}

/** Whether a word may only say that the request was understood. */
export const isOfRequest = (word: string): boolean => /^(?:ok|success)$/i.test(word)

/** The object that says how the job stands. A "success" around another status is that of the request. */
function jobIn(
  body: unknown,
  words: Fields,
): { readonly job: Fields; readonly word: string; readonly all: readonly Fields[] } | undefined {
  const all = envelopesIn(body)
  const found = all.flatMap((job) => {
    const word = wordIn(job, words)
    return word === undefined ? [] : [{ job, word, all }]
  })
  return found.find(({ word }) => !isOfRequest(word)) ?? found.at(-1)
}

function wordIn(fields: Fields, words: Fields): string | undefined {
  const status = first(fields, statusNames)
  if (typeof status === 'string' && status !== '') return status
  if (typeof status === 'number' && Object.hasOwn(words, status)) return String(status)
  const end = first(fields, 'finishReason')
  if (typeof end === 'string' && /^success$|filter/i.test(end)) return end
  const { done, name, error } = fields
  if (typeof done === 'boolean') return done ? (error ? 'failed' : 'succeeded') : 'running'
  return /(?:^|\/)operations\//.test(String(name)) ? 'running' : undefined
}

function outputIn(job: Fields, body: unknown): ReturnType<typeof outputOf> {
  const isNamed = (name: string) => outputNames.test(name) && !never.test(name)
  const named = fieldsIn(job).filter(([name]) => isNamed(plainName(name)))
  const output = outputOf(Object.fromEntries(named))
  if (output.outputUrl !== undefined) return output
  const other = [job, body].map(outputOf).find(({ outputUrl }) => outputUrl !== undefined)
  return other ?? output
}

function errorOf(job: Fields, outer: Fields): JobState['error'] {
  const both = [job, outer]
  const own = first(job, codeNames)
  const { code: inner } = Object(first(job, 'error')) as Fields
  const code = [own, inner, job['code']].find((it) =>
    typeof it === 'string' ? it : it && typeof it === 'number',
  )
  const message =
    sentenceIn(both, reasonNames) ?? sentenceIn(both, messageNames) ?? (own === code ? own : undefined)
  if (message === undefined) return undefined
  return code === undefined ? message : { message, code }
}

/** The sentence in the first of these fields that has one. */
const sentenceIn = (objects: readonly Fields[], names: string): string | undefined =>
  objects
    .flatMap((fields) => names.split(' ').map((name) => messageOf({ error: first(fields, name) })))
    .find((it) => it !== undefined)

function progressIn(fields: Fields, unit: JsonStateOptions['progress']): number | undefined {
  const progress = first(fields, 'progress')
  if (typeof progress === 'object') return progressIn(progress as Fields, unit)
  const percent = first(fields, 'percent percentage progressPercent progressPercentage percentComplete')
  return percentOf(percent, unit ?? 'percent') ?? percentOf(progress, unit)
}

/** A number, or a text such as "45%". 1 without a unit may be 1 % or all of it. */
function percentOf(value: unknown, unit: JsonStateOptions['progress']): number | undefined {
  const [, digits, sign] = /^\s*(\d{1,9}(?:\.\d{1,20})?)\s?(%?)\s*$/.exec(String(value)) ?? []
  const number = Number(digits)
  if (digits === undefined || (number === 1 && !sign && !unit)) return undefined
  const isFraction = !sign && (unit ? unit === 'fraction' : number < 1)
  // 0.29 * 100 is a little less than 29.
  const percent = Math.floor(isFraction ? number * 100 + 1e-9 : number)
  return percent <= 100 ? percent : undefined
}
