import * as z from 'zod/mini'
import type { Pipeline, StandardSchema } from './pipeline.ts'
import { durationsSchema, showSchema, taskSchema, tombstoneSchema, version } from './records.ts'
import type { ParsedRecords, ParsedSnapshot, Rejection } from './snapshot.ts'
import type { DurationsRecord, ShowRecord, TaskVersion } from './task.ts'

export { durationsSchema, showSchema, taskSchema, tombstoneSchema } from './records.ts'

/** How records are read. */
export interface ParseOptions {
  /** Checks each task's metadata by its step's schema as well. */
  readonly pipeline?: Pipeline
}

/** A text that is no JSON, or a value that is no set of records, or one from a newer version of Callsheet. */
export class ParseError extends Error {
  override readonly name = 'ParseError'
}

const versionSchema = z.union([tombstoneSchema, taskSchema])
const envelope = z.looseObject({
  v: z.optional(z.number()),
  savedAt: z.optional(z.number()),
  tasks: z.optional(z.array(z.unknown())),
  shows: z.optional(z.array(z.unknown())),
  durations: z.optional(z.array(z.unknown())),
})

/**
 * Reads records from outside: `{ tasks, shows }`, or its JSON text. A record that does not pass is set aside with
 * the reason; the rest is taken.
 *
 * Throws a ParseError when the whole is unreadable or made by a newer version: then nothing should be overwritten.
 *
 * @example
 * tracker.merge(parseRecords(await response.text(), { pipeline: showPipeline }))
 */
export function parseRecords(input: unknown, options: ParseOptions = {}): ParsedRecords {
  return read(input, options) as unknown as ParsedRecords
}

/**
 * Reads a snapshot that `tracker.serialize()` made, or its JSON text. A damaged record is set aside with the reason.
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

function read(input: unknown, { pipeline }: ParseOptions) {
  const given = safely(() => envelope.safeParse(typeof input === 'string' ? parseJson(input) : input))
  if (typeof given === 'string') throw new ParseError(`These are no records: ${given}.`)
  if (!given.success) throw new ParseError(`These are no records: ${reasonOf(given.error)}.`)
  const { v = version, savedAt = 0, tasks = [], shows = [], durations = [] } = given.data
  if (v > version) {
    throw new ParseError(
      `These records have version ${v}; this Callsheet reads up to ${version}. Update it first.`,
    )
  }
  const rejected: Rejection[] = []
  const pass = <T>(
    kind: Rejection['kind'],
    schema: z.ZodMiniType<T>,
    check?: (value: T) => string | undefined,
  ) => {
    return (value: unknown, index: number): T[] => {
      const result = safely(() => {
        const { success, data, error } = schema.safeParse(value)
        const reason = success ? check?.(data) : reasonOf(error)
        return reason === undefined ? { data: data as T } : reason
      })
      if (typeof result !== 'string') return [Object.freeze(result.data)]
      rejected.push({ index, kind, reason: result })
      return []
    }
  }
  const metadataSchemas = new Map<string, StandardSchema>()
  for (const { type, metadata } of [...(pipeline?.steps ?? []), ...(pipeline?.extra ?? [])]) {
    if (metadata) metadataSchemas.set(type, metadata)
  }
  const checkMetadata = (task: TaskVersion): string | undefined => {
    if ('removed' in task || task.metadata === undefined) return undefined
    const result = metadataSchemas.get(task.type)?.['~standard'].validate(task.metadata)
    if (result === undefined) return undefined
    if (result instanceof Promise) return 'its metadata schema answers later, which a door cannot wait for'
    return result.issues && `metadata: ${result.issues[0]?.message ?? 'invalid'}`
  }
  return {
    savedAt,
    tasks: tasks.flatMap(pass<TaskVersion>('task', versionSchema as never, checkMetadata)),
    shows: shows.flatMap(pass<ShowRecord>('show', showSchema as never)),
    durations: durations.flatMap(pass<DurationsRecord>('durations', durationsSchema as never)),
    rejected,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ParseError(`This is no JSON: ${String(error)}`, { cause: error })
  }
}

/** What a hostile value makes a check throw (too deep, say) is a reason as any other. */
function safely<T>(action: () => T): T | string {
  try {
    return action()
  } catch (error) {
    if (error instanceof ParseError) throw error
    return `it could not be read: ${String(error)}`
  }
}

const reasonOf = (error: z.core.$ZodError): string => {
  const [issue] = error.issues
  const where = issue?.path.length ? `${issue.path.map(String).join('.')}: ` : ''
  return `${where}${issue?.message || issue?.code || 'invalid'}`
}
