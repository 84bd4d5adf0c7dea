// The shape of every record. The main entry imports only types from here.
import * as z from 'zod/mini'
import type { JsonObject } from '../records/json.ts'
import { isDataUrl, isId, isWellFormed, jsonSize, limits, longestText } from '../records/text.ts'

const id = z.string().check(z.refine(isId, 'expected an id of 1–256 characters without control characters'))
const text = z
  .string()
  .check(z.maxLength(longestText), z.refine(isWellFormed, 'expected a text without NUL and lone surrogates'))
const url = z.string().check(
  z.maxLength(limits.url),
  z.refine((u) => isWellFormed(u) && !isDataUrl(u), 'expected a URL that is not a data: URL'),
)
const time = z.number().check(z.gte(0), z.lte(limits.time))
const count = z.int().check(z.gte(1), z.lte(limits.count))

function isPlain(value: unknown): boolean {
  let keys = 0
  const visit = (part: unknown, depth: number): boolean => {
    if (depth > limits.depth) return false
    if (typeof part === 'string') return part.length <= longestText && isWellFormed(part)
    if (typeof part === 'number') return Number.isFinite(part)
    if (part === null || typeof part === 'boolean') return true
    if (Array.isArray(part)) return part.every((one) => visit(one, depth + 1))
    if (typeof part !== 'object') return false
    return Object.entries(part).every(
      ([key, one]) => ++keys <= limits.keys && isWellFormed(key) && visit(one, depth + 1),
    )
  }
  return visit(value, 0) && jsonSize(value) <= limits.metadata
}

const metadata = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value),
  'metadata is a JSON object of bounded depth and size',
)

/** The statuses of a task. */
const statuses = ['starting', 'processing', 'succeeded', 'failed', 'canceled', 'interrupted'] as const

export const taskSchema = z
  .object({
    id,
    showId: id,
    type: id,
    characterId: z.exactOptional(id),
    stepNumber: z.exactOptional(count),
    status: z.enum(statuses),
    attempt: count,
    maxAttempts: z.exactOptional(count),
    stage: z.exactOptional(text),
    progress: z.exactOptional(z.int().check(z.gte(0), z.lte(100))),
    startedAt: time,
    updatedAt: time,
    completedAt: z.exactOptional(time),
    outputUrl: z.exactOptional(url),
    outputs: z.exactOptional(
      z.array(url).check(
        z.maxLength(limits.list),
        z.refine((list) => jsonSize(list) <= limits.outputs, 'outputs are at most 16 KiB'),
      ),
    ),
    error: z.exactOptional(
      z.object({
        message: text,
        code: z.exactOptional(text),
        httpStatus: z.exactOptional(z.int()),
        retryable: z.exactOptional(z.boolean()),
      }),
    ),
    job: z.exactOptional(z.object({ provider: text, id: text, url: z.exactOptional(url) })),
    metadata: z.exactOptional(metadata),
    rev: count,
    by: id,
  })
  .check(z.refine((task) => jsonSize(task) <= limits.record, 'expected a task of at most 64 KiB'))

/** The statuses in which a task can be dismissed. */
const endedStatuses = ['succeeded', 'failed', 'canceled', 'interrupted'] as const

const namesItsSlot = (given: {
  type?: unknown
  characterId?: unknown
  startedAt?: unknown
  status?: unknown
}) =>
  given.type === undefined
    ? (given.characterId ?? given.startedAt ?? given.status) === undefined
    : given.startedAt !== undefined && given.status !== undefined

/**
 * The rest of a removed task, which keeps late versions of it away. That of a dismissed task names its slot and its last
 * status; that of a reset task does not.
 */
export const tombstoneSchema = z
  .object({
    id,
    showId: id,
    removed: z.literal(true),
    updatedAt: time,
    rev: count,
    by: id,
    type: z.exactOptional(id),
    characterId: z.exactOptional(id),
    startedAt: z.exactOptional(time),
    status: z.exactOptional(z.enum(endedStatuses)),
  })
  .check(z.refine(namesItsSlot, 'expected type, startedAt and status together, or none of them'))

const register = <T extends z.ZodMiniType>(value: T) => z.object({ value, rev: count, by: id })

export const charactersSchema = z
  .array(z.object({ id, name: z.exactOptional(text) }))
  .check(z.maxLength(limits.roster))

/** By kind of item. Not z.record, which drops the key `__proto__`. */
const byKind = <T extends z.ZodMiniType>(value: T) =>
  z.custom<Record<string, z.output<T>>>(
    (given) =>
      typeof given === 'object' &&
      given !== null &&
      !Array.isArray(given) &&
      Object.entries(given).every(([kind, one]) => isId(kind) && z.safeParse(value, one).success),
    'items says the items of each kind',
  )

const isDone = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.entries(value).every(
    ([type, ids]: [string, unknown]) =>
      isId(type) && (ids === true || (Array.isArray(ids) && ids.every(isId))),
  )

export const factsSchema = z.object({
  at: time,
  characters: z.exactOptional(charactersSchema),
  items: z.exactOptional(byKind(charactersSchema)),
  // Not z.record, which drops the key `__proto__`.
  done: z.custom<Record<string, true | string[]>>(
    isDone,
    'done says true, or which characters, of each step',
  ),
})

export const showSchema = z.object({
  showId: id,
  pipeline: id,
  title: z.exactOptional(register(text)),
  characters: z.exactOptional(register(charactersSchema)),
  items: z.exactOptional(byKind(register(charactersSchema))),
  facts: z.exactOptional(register(factsSchema)),
  unavailable: z.exactOptional(register(z.array(id))),
  renamedTo: z.exactOptional(register(id)),
  removed: z.exactOptional(register(z.literal(true))),
})

const isCount = (value: unknown, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most

/** When a task succeeded, how long it took (ms both), and the hashes of its id and of its show's. */
const isSample = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length === 4 &&
  value.every((part, place) => isCount(part, place < 2 ? 8.64e15 : 0xffff_ffff))

export const durationsSchema = z.object({
  type: id,
  key: z.exactOptional(id),
  samples: z
    .array(z.custom<readonly [number, number, number, number]>(isSample, 'expected four whole numbers'))
    .check(z.maxLength(limits.samples)),
})

/** The version of the snapshot's and the wire's shape. */
export const version = 1
