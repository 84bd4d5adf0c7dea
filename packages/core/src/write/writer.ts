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
  const isSameAttempt = attempt === held.attempt
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
  const lasting = isSameAttempt ? held : undefined
  const keptStage = ends ? undefined : lasting?.stage
  const stage = given.stage ?? keptStage
  const maxAttempts = given.maxAttempts ?? held.maxAttempts
  const progress = largest(given.progress, lasting?.progress)
  const outputUrl = given.outputUrl ?? held.outputUrl
  const outputs = given.outputs ?? held.outputs
  const error = status === 'succeeded' ? undefined : (given.error ?? lasting?.error)
  const job = given.job ?? lasting?.job
  const metadata = nextMetadata(held.metadata, given, writing, refuse)
  if (held.characterId !== undefined) next.characterId = held.characterId
  if (held.stepNumber !== undefined) next.stepNumber = held.stepNumber
  if (maxAttempts !== undefined) next.maxAttempts = maxAttempts
  if (stage !== undefined) next.stage = stage
  if (progress !== undefined) next.progress = progress
  if (ends) next.completedAt = finishTime(held, given.completedAt, now)
  if (outputUrl !== undefined) next.outputUrl = outputUrl
  if (outputs !== undefined) next.outputs = outputs as string[]
  if (error !== undefined) next.error = error
  if (job !== undefined) next.job = job
  if (metadata !== undefined) next.metadata = metadata
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
  let size =
    rest +
    sizeOf(next.metadata) +
    sizeOf(next.outputs) +
    sizeOf(next.job) +
    sizeOf(next.error) +
    sizeOf(next.outputUrl) +
    sizeOf(next.stage)
  for (const name of droppable) {
    if (size <= limits.record) return
    const part = next[name]
    if (part === undefined) continue
    size -= sizeOf(part)
    delete next[name]
    refuse(name, 'the record would be larger than 64 KiB', 'limit_reached')
  }
}

type Writable = { -readonly [N in keyof TaskRecord]: TaskRecord[N] }

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
  const seed: Writable = {
    id: fixed.id,
    showId: fixed.showId,
    type: fixed.type,
    status: 'starting',
    attempt: 1,
    startedAt: fixed.startedAt,
    // So old that the first version counts as news without any field.
    updatedAt: -1_000,
    rev: 0,
    by: writing.by,
  }
  if (fixed.characterId !== undefined) seed.characterId = fixed.characterId
  if (fixed.stepNumber !== undefined) seed.stepNumber = fixed.stepNumber
  return nextVersion(seed, patch, writing)
}
