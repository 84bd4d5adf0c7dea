import * as z from 'zod/mini'
import { CallsheetError } from '../records/errors.ts'
import { onRejected } from '../records/guard.ts'
import { migrate } from './migrate.ts'
import { definitionOf, type Pipeline, type StandardSchema } from '../records/pipeline.ts'
import { durationsSchema, showSchema, taskSchema, tombstoneSchema, version } from './record-schemas.ts'
import type { ParsedRecords, ParsedSnapshot, Rejection } from '../tracker/snapshot.ts'
import type { DurationsRecord, ShowRecord, TaskRecord, TaskVersion } from '../records/task.ts'

export { durationsSchema, showSchema, taskSchema, tombstoneSchema } from './record-schemas.ts'

/** Options of `parseRecords` and `parseSnapshot`. */
export interface ParseOptions {
  /** Validates each task's metadata by its step's schema, and rejects records of other pipelines. */
  readonly pipeline?: Pipeline
}

/** The input is not valid JSON, not a set of records, or from a newer version of Callsheet. */
export class ParseError extends CallsheetError {
  override readonly name = 'ParseError'
  override readonly code = 'parse_failed'
}

const versionSchema = z.union([tombstoneSchema, taskSchema])
const envelope = z.looseObject({
  v: z.optional(z.number()),
  savedAt: z.optional(z.number()),
  pipeline: z.optional(z.unknown()),
  tasks: z.optional(z.array(z.unknown())),
  shows: z.optional(z.array(z.unknown())),
  durations: z.optional(z.array(z.unknown())),
})

/**
 * Parses records from outside: `{ tasks, shows }`, or its JSON text. An invalid record goes to `rejected` with the reason;
 * the rest is accepted.
 *
 * Throws a ParseError if the input as a whole is invalid or from a newer version. Do not overwrite it then.
 *
 * @example
 * tracker.merge(parseRecords(await response.text(), { pipeline: showPipeline }))
 */
export function parseRecords(input: unknown, options: ParseOptions = {}): ParsedRecords {
  return read(input, options) as unknown as ParsedRecords
}

/**
 * Parses a snapshot from `tracker.serialize()`, or its JSON text. An invalid record goes to `rejected` with the reason.
 *
 * Throws a ParseError as `parseRecords` does.
 *
 * @example
 * const saved = localStorage.getItem('shows')
 * if (saved) tracker.restore(parseSnapshot(saved, { pipeline: showPipeline }))
 */
export function parseSnapshot(input: unknown, options: ParseOptions = {}): ParsedSnapshot {
  return read(input, options) as unknown as ParsedSnapshot
}

/** Maximum number of rejections: after these, the rest is skipped. */
const mostRejected = 1_000

function read(input: unknown, { pipeline }: ParseOptions) {
  const { savedAt = 0, tasks = [], shows = [], durations = [], ...given } = open(input)
  const rejected: Rejection[] = []
  let skipped = 0
  const pass = <T>(
    kind: Rejection['kind'],
    schema: z.ZodMiniType<T>,
    check?: (value: T) => string | undefined,
  ) => {
    return (value: unknown, index: number): T[] => {
      if (rejected.length >= mostRejected) {
        skipped += 1
        return []
      }
      const result = safely(() => {
        const { success, data, error } = schema.safeParse(value)
        const reason = success ? check?.(data) : reasonOf(error)
        return reason === undefined ? { data: data as T } : reason
      })
      if (typeof result !== 'string') return [frozen(result.data as object) as T]
      rejected.push({ index, kind, reason: result })
      return []
    }
  }
  const isForeign = (id: unknown) => pipeline && typeof id === 'string' && id !== pipeline.id
  const foreignShows = new Set<string>()
  const checkShow = (show: ShowRecord): string | undefined => {
    if (!isForeign(show.pipeline)) return undefined
    foreignShows.add(show.showId)
    return `it belongs to the pipeline "${show.pipeline}"`
  }
  // Shows first: they tell which tasks may belong to another pipeline.
  const passedShows = shows.flatMap(pass<ShowRecord>('show', showSchema as never, checkShow))
  const checkTask = (task: TaskVersion): string | undefined => {
    if (task.type === undefined) return undefined
    // A known type is accepted, because the pipeline's name may be what is wrong.
    const mayBeForeign = isForeign(given.pipeline) || foreignShows.has(task.showId)
    const definition = pipeline && definitionOf(pipeline, task.type)
    if (mayBeForeign && !definition) return 'it belongs to another pipeline'
    return 'removed' in task ? undefined : checkMetadata(task, definition?.metadata)
  }
  const passedTasks = tasks.flatMap(pass<TaskVersion>('task', versionSchema as never, checkTask))
  const passedDurations = durations.flatMap(pass<DurationsRecord>('durations', durationsSchema as never))
  return {
    savedAt,
    tasks: passedTasks,
    shows: passedShows,
    durations: passedDurations,
    rejected,
    skipped,
  }
}

/** A frozen deep copy of a record. */
function frozen(record: object): object {
  const parts = record as Record<string, unknown>
  for (const name of Object.keys(parts)) parts[name] = frozenCopy(parts[name])
  return Object.freeze(record)
}

function frozenCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy))
  // Makes own properties whatever their names are: `__proto__` too.
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([name, part]) => [name, frozenCopy(part)])),
  )
}

function checkMetadata({ metadata }: TaskRecord, schema: StandardSchema | undefined): string | undefined {
  if (metadata === undefined || schema === undefined) return undefined
  const result = schema['~standard'].validate(metadata)
  // The record is rejected whatever an asynchronous schema resolves to or rejects with.
  if (onRejected(result, () => {})) return 'metadata: expected a synchronous schema, got an asynchronous one'
  const { issues } = result as Awaited<typeof result>
  return issues && `metadata: ${issues[0]?.message ?? 'invalid'}`
}

/** The input, migrated to the current version. */
function open(input: unknown): z.infer<typeof envelope> {
  const outer = safely(() => envelope.safeParse(typeof input === 'string' ? parseJson(input) : input))
  const given = unwrap(outer)
  const { v = version } = given
  if (v > version) {
    throw new ParseError(
      `Cannot parse records of version ${v}: expected at most ${version}. Update Callsheet first.`,
    )
  }
  // An invalid version is ignored; each record is validated by itself.
  const isOlder = Number.isInteger(v) && v >= 1 && v < version
  return isOlder ? unwrap(safely(() => envelope.safeParse(migrate(given, v)))) : given
}

function unwrap(read: ReturnType<typeof envelope.safeParse> | string): z.infer<typeof envelope> {
  if (typeof read === 'string') throw new ParseError(`Cannot parse records: ${read}.`)
  if (!read.success) throw new ParseError(`Cannot parse records: ${reasonOf(read.error)}.`)
  return read.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The error of JSON.parse quotes the text, which may hold a secret.
    throw new ParseError('Cannot parse records: the text is not valid JSON.')
  }
}

/** Turns an error of a check (for a value that is too deep, say) into a reason. */
function safely<T>(action: () => T): T | string {
  try {
    return action()
  } catch (error) {
    if (error instanceof ParseError) throw error
    return `reading it failed: ${String(error)}`
  }
}

const reasonOf = (error: z.core.$ZodError): string => {
  const [issue] = error.issues
  const where = issue?.path.length ? `${issue.path.map(String).join('.')}: ` : ''
  return `${where}${issue?.message || issue?.code || 'invalid'}`
}
