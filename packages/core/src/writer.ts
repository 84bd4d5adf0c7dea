import { CallsheetError, toTaskError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { ExtraDefinition } from './pipeline.ts'
import { describeDataUrl, redactMetadata, type Redactor } from './redact.ts'
import { isActive, isFinished, type Job, type TaskRecord, type TaskStatus } from './task.ts'
import { limits, cleanText } from './text.ts'

/** What may be said of a task. Fields that are left out stay as they are. */
export interface TaskPatch<M = JsonObject> {
  /** `starting`, `processing`, `succeeded`, `failed`, `canceled` or `interrupted`. A provider's own word is a `stage`. */
  readonly status?: TaskStatus
  /** A retry is the next attempt. Leaving it out while a failed task goes on means the next one. */
  readonly attempt?: number
  /** How many attempts there will be at most, for a person. */
  readonly maxAttempts?: number
  /** For a person: "upscaling". */
  readonly stage?: string
  /** Whole percent, 0 to 100; never goes down within an attempt. */
  readonly progress?: number
  /** Epoch ms; kept between the start and now. @default now, when the task finishes */
  readonly completedAt?: number
  /** Where the result is found. A `data:` URL is not stored: its type and size go into `metadata.output`. */
  readonly outputUrl?: string
  /** The same for results that are lists; at most 1,000. */
  readonly outputs?: readonly string[]
  /** An Error, a text, or `{ message, code?, httpStatus?, retryable? }`. */
  readonly error?: unknown
  /** The provider's handle of the call: `{ provider, id, url? }`. */
  readonly job?: Job
  /** Merged into what is there; or a function from what is there to what shall be. */
  readonly metadata?: Partial<M> | ((metadata: M) => M)
}

type Definition = Pick<ExtraDefinition, 'secret'> | undefined

interface Writing {
  readonly now: number
  readonly by: string
  readonly definition: Definition
  readonly redactor: Redactor
}

/**
 * The next version of a task: the patch merged into the newest version, cleaned and redacted.
 *
 * Gives `held` itself when there is nothing to say: no field changes, and the last sign of life is under a second
 * old.
 */
export function nextVersion(
  held: TaskRecord,
  patch: TaskPatch<never>,
  { now, by, definition, redactor }: Writing,
): TaskRecord {
  const status = readStatus(patch.status) ?? (isRevived(held, patch) ? 'processing' : held.status)
  const goesOn = held.status === 'failed' && isActive({ status })
  const attempt = whole(patch.attempt, 1) ?? (goesOn ? held.attempt + 1 : held.attempt)
  const isSameAttempt = attempt === held.attempt
  const ends = isFinished({ status })
  const output = readOutput(patch, redactor)
  // Built field by field: spreads of what is left over made records that every later read was slow on. What belongs
  // to an attempt does not outlive it.
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
  const stage = patch.stage === undefined ? keptStage : redactor.text(String(patch.stage))
  const maxAttempts = whole(patch.maxAttempts, 1) ?? held.maxAttempts
  const progress = largest(whole(patch.progress, 0), lasting?.progress)
  const outputUrl = output.outputUrl ?? held.outputUrl
  const outputs = output.outputs ?? held.outputs
  const error = status === 'succeeded' ? undefined : (readError(patch.error, redactor) ?? lasting?.error)
  const job = readJob(patch.job, redactor) ?? lasting?.job
  const metadata = nextMetadata(held.metadata, patch, output.described, definition?.secret, redactor)
  if (held.characterId !== undefined) next.characterId = held.characterId
  if (held.stepNumber !== undefined) next.stepNumber = held.stepNumber
  if (maxAttempts !== undefined) next.maxAttempts = maxAttempts
  if (stage !== undefined) next.stage = stage
  if (progress !== undefined) next.progress = progress
  if (ends) next.completedAt = finishTime(held, patch.completedAt, now)
  if (outputUrl !== undefined) next.outputUrl = outputUrl
  if (outputs !== undefined) next.outputs = outputs
  if (error !== undefined) next.error = error
  if (job !== undefined) next.job = job
  if (metadata !== undefined) next.metadata = metadata
  return isNews(held, next) ? Object.freeze(next) : held
}

/** Whether somebody hears of a task again that was lost sight of. */
const isRevived = ({ status }: TaskRecord, { progress, stage, job }: TaskPatch<never>): boolean =>
  status === 'interrupted' && (progress ?? stage ?? job) !== undefined

const statuses: Readonly<Record<TaskStatus, true>> = {
  starting: true,
  processing: true,
  succeeded: true,
  failed: true,
  canceled: true,
  interrupted: true,
}

/** A provider's own word for a state ("queued") is a stage: as a status, every door would refuse the record. */
function readStatus(given: TaskStatus | undefined): TaskStatus | undefined {
  if (given === undefined || given === null || Object.hasOwn(statuses, given)) return given ?? undefined
  const known = Object.keys(statuses).join(', ')
  throw new CallsheetError(
    `"${String(given)}" is no status; give one of ${known}, and other words as stage.`,
    { code: 'invalid_field' },
  )
}

const whole = (value: unknown, least: number): number | undefined => {
  const number = Math.floor(Number(value ?? Number.NaN))
  return Number.isFinite(number) ? Math.max(least, number) : undefined
}

const largest = (given: number | undefined, held: number | undefined): number | undefined =>
  given === undefined ? held : Math.max(Math.min(100, given), held ?? 0)

function finishTime(held: TaskRecord, given: unknown, now: number): number {
  if (typeof given === 'number' && Number.isFinite(given))
    return Math.max(held.startedAt, Math.min(given, now))
  return held.completedAt ?? Math.max(held.startedAt, now)
}

const readError = (given: unknown, { text }: Redactor) => {
  if (given === undefined || given === null) return undefined
  const error = toTaskError(given)
  const code = error.code === undefined ? {} : { code: cleanText(text(error.code), 200) }
  return Object.freeze({ ...error, ...code, message: text(error.message) })
}

const readJob = (job: Job | undefined, { text, url }: Redactor): Job | undefined =>
  job &&
  Object.freeze({
    provider: cleanText(text(String(job.provider)), 200),
    id: text(String(job.id)),
    ...(job.url === undefined || job.url.length > limits.url
      ? {}
      : { url: cleanText(url(job.url), limits.url) }),
  })

interface Output {
  readonly outputUrl: string | undefined
  readonly outputs: string[] | undefined
  readonly described: readonly { readonly type: string; readonly bytes: number }[]
}

const noOutput: Output = { outputUrl: undefined, outputs: undefined, described: [] }

/** A data: URL is described, not stored: its type and size go into the metadata. */
function readOutput({ outputUrl, outputs }: TaskPatch<never>, { url }: Redactor): Output {
  if (outputUrl === undefined && outputs === undefined) return noOutput
  const described: { type: string; bytes: number }[] = []
  const read = (given: readonly unknown[]): string[] =>
    given
      .slice(0, 1_000)
      .map(String)
      .flatMap((one) => {
        const data = describeDataUrl(one)
        if (data) described.push(data)
        return data || one.length > limits.url ? [] : cleanText(url(one), limits.url)
      })
  return { outputs: outputs && read(outputs), outputUrl: outputUrl && read([outputUrl])[0], described }
}

function nextMetadata(
  held: TaskRecord['metadata'],
  { metadata }: TaskPatch<never>,
  described: readonly { type: string; bytes: number }[],
  secret: readonly string[] | undefined,
  redactor: Redactor,
): JsonObject | undefined {
  if (metadata === undefined && described.length === 0) return held
  const patch =
    typeof metadata === 'function'
      ? metadata((held ?? {}) as never)
      : { ...held, ...(metadata as unknown as object) }
  return redactMetadata(described.length === 0 ? patch : { ...patch, output: described }, redactor, secret)
}

type Writable = { -readonly [N in keyof TaskRecord]: TaskRecord[N] }

/** Whether a version says anything anew, or the last sign of life is old. The rest is fixed, or its own version. */
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

/** The first version of a task, cleaned as every other. */
export function firstVersion(
  fixed: Pick<TaskRecord, 'id' | 'showId' | 'type' | 'characterId' | 'stepNumber' | 'startedAt'>,
  patch: TaskPatch<never>,
  writing: Writing,
): TaskRecord {
  const seed: Writable = {
    id: fixed.id,
    showId: fixed.showId,
    type: fixed.type,
    status: 'starting',
    attempt: 1,
    startedAt: fixed.startedAt,
    // Nothing was heard before: the first version is news whatever it says.
    updatedAt: -1_000,
    rev: 0,
    by: writing.by,
  }
  if (fixed.characterId !== undefined) seed.characterId = fixed.characterId
  if (fixed.stepNumber !== undefined) seed.stepNumber = fixed.stepNumber
  return nextVersion(seed, patch, writing)
}
