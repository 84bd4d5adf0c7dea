import type { JsonObject } from '../records/json.ts'
import { answerOf } from '../records/guard.ts'
import { hasFields, redactMetadata } from './metadata.ts'
import { createRefuse, type Given, readPatch, type Refuse, type TaskPatch } from './patch.ts'
import type { ExtraDefinition } from '../records/pipeline.ts'
import type { Redactor } from './redact.ts'
import { isActive, isFinished, type TaskRecord, type TaskStatus } from '../records/task.ts'
import { jsonSize, limits } from '../records/text.ts'

export type { TaskPatch } from './patch.ts'

type Definition = Pick<ExtraDefinition, 'secret'> | undefined

interface Writing {
  /** Epoch ms, as a record may hold it. */
  readonly now: number
  readonly by: string
  readonly definition: Definition
  readonly redactor: Redactor
  readonly report: (error: unknown) => void
}

/**
 * The next version of a task: the patch merged into the newest version, validated and redacted.
 *
 * Returns `held` itself if no field changes and it is less than a second old.
 *
 * @param otherwise The status if the patch has none, or an invalid one.
 */
export function nextVersion(
  held: TaskRecord,
  patch: TaskPatch<never>,
  writing: Writing,
  otherwise?: TaskStatus,
): TaskRecord {
  const { now, by, redactor, report } = writing
  const refuse = createRefuse('Task', held.id, report)
  if (held.rev >= limits.count) {
    refuse('rev', 'the maximum number of revisions is reached, so the task is unchanged', 'limit_reached')
    return held
  }
  const given = readPatch(patch, redactor, refuse)
  const status = given.status ?? otherwise ?? (isRevived(held, given) ? 'processing' : held.status)
  const goesOn = held.status === 'failed' && isActive({ status })
  const nextAttempt = Math.min(limits.count, goesOn ? held.attempt + 1 : held.attempt)
  const attempt = given.attempt ?? nextAttempt
  const ends = isFinished({ status })
  // Field by field: records that are built with spreads are slow to read. Fields of an attempt end with it.
  const next: Writable = {
    id: held.id,
    showId: held.showId,
    type: held.type,
    status,
    attempt,
    startedAt: held.startedAt,
    updatedAt: now,
    rev: held.rev + 1,
    by,
  }
  const lasting = attempt === held.attempt ? held : undefined
  set(next, 'characterId', held.characterId)
  set(next, 'stepNumber', held.stepNumber)
  set(next, 'maxAttempts', given.maxAttempts ?? held.maxAttempts)
  // An empty text removes it.
  set(next, 'stage', (given.stage ?? (ends ? undefined : lasting?.stage)) || undefined)
  set(next, 'progress', largest(given.progress, lasting?.progress))
  if (ends) next.completedAt = finishTime(held, given.completedAt, now)
  set(next, 'outputUrl', given.outputUrl ?? held.outputUrl)
  set(next, 'outputs', given.outputs ?? held.outputs)
  set(next, 'error', status === 'succeeded' ? undefined : (given.error ?? lasting?.error))
  set(next, 'job', given.job ?? lasting?.job)
  set(next, 'metadata', nextMetadata(held.metadata, given, writing, refuse))
  fit(next, refuse)
  return isNews(held, next) ? Object.freeze(next) : held
}

/** Whether an update is a sign of life of an interrupted task. */
const isRevived = ({ status }: TaskRecord, { progress, stage, job }: Given): boolean =>
  status === 'interrupted' && (progress ?? stage ?? job) !== undefined

const largest = (given: number | undefined, held: number | undefined): number | undefined =>
  given === undefined ? held : Math.max(given, held ?? 0)

const finishTime = (held: TaskRecord, given: number | undefined, now: number): number =>
  given === undefined
    ? (held.completedAt ?? Math.max(held.startedAt, now))
    : Math.max(held.startedAt, Math.min(given, now))

function nextMetadata(
  held: JsonObject | undefined,
  { metadata, described }: Given,
  { definition, redactor, report }: Writing,
  refuse: Refuse,
): JsonObject | undefined {
  if (metadata === undefined && !described) return held
  const isUpdater = typeof metadata === 'function'
  const patch: unknown = isUpdater
    ? answerOf(() => (metadata as (held: object) => unknown)(held ?? {}), report)
    : metadata
  try {
    const isUsable = patch === undefined || hasFields(patch)
    if (!isUsable) refuse('metadata', 'the updater must return an object')
    const given = isUsable ? patch : undefined
    if (!given && !described) return held
    // The result of an updater replaces the metadata, field by field in the current order.
    const base =
      isUpdater && given && held
        ? Object.fromEntries(Object.entries(held).filter(([name]) => Object.hasOwn(given, name)))
        : held
    const sources = [base, given, described && { output: described }]
    return redactMetadata(sources, redactor, definition?.secret, (field, why, isCut) =>
      refuse(field, why, typeof why === 'string' ? 'limit_reached' : undefined, isCut),
    )
  } catch (error) {
    refuse('metadata', error)
    return held
  }
}

// Parts that a version shares with the one before it are measured once.
const sizes = new WeakMap<object, number>()

function sizeOf(part: object | string | undefined): number {
  if (part === undefined) return 0
  if (typeof part === 'string') return part.length < 500 ? part.length * 6 : jsonSize(part)
  const known = sizes.get(part)
  if (known !== undefined) return known
  const size = jsonSize(part)
  sizes.set(part, size)
  return size
}

/** The fields to drop from a record that exceeds 64 KiB, in this order. */
const droppable = ['metadata', 'outputs', 'job', 'outputUrl', 'stage'] as const

/** An upper bound of a record's ids, numbers and field names. */
const rest = 6_000

function fit(next: Writable, refuse: Refuse): void {
  let size = rest + sizeOf(next.error)
  for (const name of droppable) size += sizeOf(next[name])
  for (const name of droppable) {
    if (size <= limits.record) return
    const part = next[name]
    if (part === undefined) continue
    size -= sizeOf(part)
    delete next[name]
    refuse(name, 'the record would be larger than 64 KiB', 'limit_reached')
  }
}

function set<N extends keyof Writable>(next: Writable, name: N, value: Writable[N] | undefined): void {
  if (value !== undefined) next[name] = value
}

type Writable = { -readonly [N in keyof TaskRecord]: TaskRecord[N] }

// Field by field: by their names it takes a sixth of the time of an update.
/** Whether a version differs from the one before it, or is at least a second newer. */
const isNews = (held: TaskRecord, next: TaskRecord): boolean =>
  next.updatedAt - held.updatedAt >= 1_000 ||
  next.updatedAt < held.updatedAt ||
  held.status !== next.status ||
  held.attempt !== next.attempt ||
  held.maxAttempts !== next.maxAttempts ||
  held.stage !== next.stage ||
  held.progress !== next.progress ||
  held.completedAt !== next.completedAt ||
  held.outputUrl !== next.outputUrl ||
  held.outputs !== next.outputs ||
  held.error !== next.error ||
  held.job !== next.job ||
  held.metadata !== next.metadata

/** The fields of a task that never change. */
interface Fixed extends Pick<TaskRecord, 'id' | 'showId' | 'type' | 'startedAt'> {
  readonly characterId?: string | undefined
  readonly stepNumber?: number | undefined
}

/** The first version of a task. */
export function firstVersion(fixed: Fixed, patch: TaskPatch<never>, writing: Writing): TaskRecord {
  const { id, showId, type, startedAt } = fixed
  // So old that the first version counts as news without any field.
  const seed: Writable = {
    id,
    showId,
    type,
    status: 'starting',
    attempt: 1,
    startedAt,
    updatedAt: -1_000,
    rev: 0,
    by: writing.by,
  }
  set(seed, 'characterId', fixed.characterId)
  set(seed, 'stepNumber', fixed.stepNumber)
  return nextVersion(seed, patch, writing)
}
