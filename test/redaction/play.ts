import { createTracker, showPipeline, toJSONLines, type JsonObject, type TaskPatch } from '@callsheet/core'
import type { Entry } from './entry.ts'

type Json = JsonObject[string]

type Logged = JsonObject & { readonly showId: string }

/** What became of a text. */
export interface Played {
  readonly entry: Entry
  /** What stands in its field now. */
  readonly now: Json | undefined
  /** All texts and names of the record, or of the log line, that the entry was written to. */
  readonly record: string
}

const valueAt = (value: Json | undefined, path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? (inner as JsonObject)[name] : undefined),
    value,
  )

const textsOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => [name, ...textsOf(inner)])
    : [String(value)]

/** A value inside of objects, and of lists where the name is a number. */
const nested = (path: readonly string[], value: Json): Json =>
  path.reduceRight<Json>(
    (inner, name) =>
      /^\d+$/.test(name) ? [...Array<Json>(Number(name)).fill('first'), inner] : { [name]: inner },
    value,
  )

const pathsOf: Record<string, readonly string[]> = {
  'error.message': ['error', 'message'],
  'error.code': ['error', 'code'],
  stage: ['stage'],
  outputUrl: ['outputUrl'],
  outputs: ['outputs', '0'],
  'job.url': ['job', 'url'],
  title: ['title', 'value'],
  character: ['characters', 'value', '0', 'name'],
}

function patchOf({ field, path = [], text, value = text }: Entry): TaskPatch {
  switch (field.replace('log.', '')) {
    case 'error.message':
      return { status: 'failed', error: { message: text } }
    case 'error.code':
      return { status: 'failed', error: { message: 'It failed', code: text } }
    case 'outputUrl':
      return { outputUrl: text }
    case 'outputs':
      return { outputs: [text] }
    case 'job.url':
      return { job: { provider: 'acme', id: 'job-1', url: text } }
    case 'metadata':
      return { metadata: nested(path, value) as JsonObject }
    case 'metadata key':
      return { metadata: { [text]: 1 } }
    default:
      return { stage: text }
  }
}

function nowAt({ field, path = [] }: Entry, record: JsonObject | undefined) {
  if (field === 'metadata key') return Object.keys(record?.['metadata'] ?? {})[0]
  if (field === 'metadata') return valueAt(record?.['metadata'], path)
  return valueAt(record, pathsOf[field.replace('log.', '')]!)
}

/** Writes each text to a record of its own through a tracker, and reads it from the snapshot or from its log lines. */
export function play(entries: readonly Entry[], { redact = true } = {}): Played[] {
  const tracker = createTracker({ pipeline: showPipeline, ...(!redact && { redact }) })
  const idOf = (index: number) => `entry-${index}`
  for (const [index, entry] of entries.entries()) {
    const id = idOf(index)
    const show = tracker.show(id)
    if (entry.field === 'title') show.setTitle(entry.text)
    else if (entry.field === 'character') show.setCharacters([{ id: 'ada', name: entry.text }])
    else {
      tracker.addTask({ id, showId: id, type: 'show-generation' })
      tracker.updateTask(id, patchOf(entry))
    }
  }
  const snapshot = tracker.serialize()
  const records = new Map<string, JsonObject>()
  for (const record of [...snapshot.shows, ...snapshot.tasks]) {
    records.set(record.showId, record as unknown as JsonObject)
  }
  const logged = new Map<string, JsonObject>()
  for (const line of toJSONLines(snapshot).split('\n')) {
    const { show, task } = JSON.parse(line) as Record<'show' | 'task', Logged | undefined>
    const record = task ?? show!
    logged.set(record.showId, record)
  }
  return entries.map((entry, index) => {
    const record = (entry.field.startsWith('log.') ? logged : records).get(idOf(index))
    return { entry, now: nowAt(entry, record), record: textsOf(record).join('\n') }
  })
}

/** Whether a text stands in its field as it was given. */
export const isUnchanged = ({ entry: { value, text }, now }: Played): boolean =>
  JSON.stringify(now) === JSON.stringify(value ?? text)

/**
 * The secrets of a text that can still be read in its record. One survives if a third of it stands there in a row (at
 * least 4 characters, and 16 are always enough), unless the text around it says the same.
 */
export const survivorsOf = ({ entry: { secrets, surroundings }, record }: Played): string[] =>
  secrets.filter((secret) => {
    const size = Math.min(16, Math.max(4, Math.ceil(secret.length / 3)))
    return Array.from({ length: secret.length - size + 1 }, (_, start) =>
      secret.slice(start, start + size),
    ).some((part) => record.includes(part) && !surroundings.includes(part))
  })
