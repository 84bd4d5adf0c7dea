import { problem } from './errors.ts'
import type { JsonObject } from './json.ts'

/**
 * The part of Standard Schema (https://standardschema.dev) that is used here: zod, valibot, arktype and others
 * all have it.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

/** An earlier step by its type; or so many slots of it, which need not be those of the same item. */
export type Prerequisite = string | { readonly type: string; readonly atLeast: number }

/** One stage of a pipeline, as it is written in `definePipeline`. */
export interface StepDefinition {
  /** The step's id, which is also the type of its tasks. */
  readonly type: string
  /** What a person reads. */
  readonly label: string
  /** What the step runs once per: `'show'`, or an item such as `'character'` or `'beat'`. */
  readonly per: string
  /**
   * The lucide name of the icon. `@callsheet/ui` draws `sparkles`, `users`, `file-text`, `image`, `video`, `grid-3x3`,
   * `image-plus` and `film`, and a circle for any other name.
   */
  readonly icon?: string
  /** What must be done before: of the same item where both are per the same item, else all of it. */
  readonly after?: readonly Prerequisite[]
  /** An optional step counts only from when it is begun. @default false */
  readonly optional?: boolean
  /** The share in the overall progress, in proportion to the others': a whole number from 1 to 1,000,000. @default 1 */
  readonly weight?: number
  /** Silence in ms after which an active task is stale. @default 120_000 */
  readonly stallAfter?: number
  /** A Standard Schema of the task's metadata: its types, and the check of what comes from outside. */
  readonly metadata?: StandardSchema
  /** Names of metadata fields that never enter a record. */
  readonly secret?: readonly string[]
}

/** A type of task that can be tracked but is not a step: it counts as active work only. */
export type ExtraDefinition = Omit<StepDefinition, 'per' | 'after' | 'optional' | 'weight' | 'label'> & {
  readonly label?: string
  readonly per?: string
}

/** A step with its defaults filled in and its place, from 1. */
export type Step<S extends StepDefinition = StepDefinition> = S & FilledStep

/** What a definition may leave out, and the place. */
interface FilledStep {
  /** The place in the pipeline, from 1. */
  readonly stepNumber: number
  /** What must be done before: of the same item where both are per the same item, else all of it. */
  readonly after: readonly Prerequisite[]
  /** An optional step counts only from when it is begun. */
  readonly optional: boolean
  /** The share in the overall progress, in proportion to the others': a whole number from 1 to 1,000,000. */
  readonly weight: number
  /** Silence in ms after which an active task is stale. */
  readonly stallAfter: number
}

/** The definition of the work: ordered steps and extra task types. Made by `definePipeline`. */
export interface Pipeline<
  S extends readonly StepDefinition[] = readonly StepDefinition[],
  E extends readonly ExtraDefinition[] = readonly ExtraDefinition[],
> {
  /** Goes into every show's record: records of another pipeline are set aside. */
  readonly id: string
  /** In their order. */
  readonly steps: { readonly [I in keyof S]: Step<S[I]> }
  /** Types of task that can be tracked but are no steps. */
  readonly extra: E
  /** The place of a type among the steps, from 0; undefined for an extra or unknown type. */
  readonly indexOf: (type: string) => number | undefined
}

type Definition<P extends Pipeline> = P['steps'][number] | P['extra'][number]

/** The names of a pipeline's steps. */
export type StepType<P extends Pipeline> = P['steps'][number]['type']

/** The names of a pipeline's steps and extra tasks. */
export type TaskType<P extends Pipeline> = Definition<P>['type']

type DefinitionOf<P extends Pipeline, T extends string> = Extract<Definition<P>, { readonly type: T }>

/** The item a type runs once per; never for a task of the whole show. */
type ItemOf<P extends Pipeline, T extends string> =
  DefinitionOf<P, T> extends { readonly per: infer I extends string } ? Exclude<I, 'show'> : never

/** What the steps of a pipeline run once per, besides the show: `character`, `scene`. */
export type ItemKind<P extends Pipeline> = Exclude<P['steps'][number]['per'], 'show'>

/** The names of all items of a pipeline: `characterId`, `beatId`. */
type ItemKey<D> = D extends { readonly per: infer I extends string } ? `${Exclude<I, 'show'>}Id` : never

/** Refuses the name of an item, with a type that says why. */
type PerShow<T extends string, K extends string> = {
  readonly [N in K]?: `${T} runs once per show and takes no ${N}`
}

/** What names a task's item: `{ characterId }` exactly for a step per character, `{ beatId }` per beat. */
export type ItemScope<P extends Pipeline, T extends string> = string extends T | TaskType<P>
  ? { readonly characterId?: string }
  : [ItemOf<P, T>] extends [never]
    ? PerShow<T, ItemKey<Definition<P>> | 'characterId'>
    : { readonly [K in `${ItemOf<P, T>}Id`]: string }

/**
 * A type whose options may be left out. For one that needs them, a text that says which, for the compiler's message; for
 * one that the pipeline does not have, those that it has.
 */
export type AloneType<P extends Pipeline, T extends string> = [T] extends [TaskType<P>]
  ? string extends TaskType<P>
    ? T
    : [ItemOf<P, T>] extends [never]
      ? T
      : `${T} runs once per ${ItemOf<P, T>}: add { ${ItemOf<P, T>}Id } as the last argument`
  : TaskType<P>

/** `undefined` for a type whose options may be left out. */
export type Omissible<P extends Pipeline, T extends string> = [T] extends [AloneType<P, T>]
  ? undefined
  : never

/** The metadata of a type's tasks: what its schema says, else any JSON object. */
export type MetadataOf<P extends Pipeline, T extends string> =
  DefinitionOf<P, T> extends { readonly metadata: StandardSchema<infer M> } ? M : JsonObject

// Whole, so that sums of weights are exact in whatever order they are made.
const maxWeight = 1_000_000

/**
 * Makes a pipeline from ordered steps.
 *
 * Throws a CallsheetError (`invalid_option`) without steps, for an invalid weight or `stallAfter`, for an empty or repeated
 * type, and if `after` names a step that is not an earlier one, or fewer than one slot of it.
 *
 * @example
 * const storyboard = definePipeline({
 *   id: 'storyboard',
 *   steps: [
 *     { type: 'outline', label: 'Outline', per: 'show' },
 *     { type: 'keyframe', label: 'Keyframes', per: 'beat', after: ['outline'] },
 *   ],
 * })
 */
export function definePipeline<
  const S extends readonly StepDefinition[],
  const E extends readonly ExtraDefinition[] = readonly [],
>(definition: { readonly id: string; readonly steps: S; readonly extra?: E }): Pipeline<S, E> {
  const { id, steps: given, extra = [] } = definition
  const places = new Map<string, number>()
  const check = (isValid: boolean, what: string): void => {
    if (!isValid) throw problem('invalid_option', `definePipeline: ${what}`)
  }
  check(given.length > 0, `pipeline "${id}" is empty; expected at least one step.`)
  const steps = given.map((step, place) => {
    const { type, label, per, icon, metadata, secret } = step
    const { after = [], optional = false, weight = 1, stallAfter = 120_000 } = step
    const name = `step "${type}"`
    check(type !== '' && !places.has(type), `${name} needs a unique type that is not empty.`)
    for (const before of after) {
      const { type: other, atLeast } = typeof before === 'string' ? { type: before, atLeast: 1 } : before
      check(places.has(other), `${name} comes after "${other}", which is not an earlier step.`)
      const isCount = Number.isInteger(atLeast) && atLeast >= 1
      check(isCount, `${name} comes after at least ${atLeast} of "${other}"; expected a whole number from 1.`)
    }
    const isWeight = Number.isInteger(weight) && weight >= 1 && weight <= maxWeight
    check(isWeight, `${name} has the weight ${weight}; expected a whole number from 1 to ${maxWeight}.`)
    check(stallAfter >= 0, `${name} has the stallAfter ${stallAfter}; expected ms from 0, or Infinity.`)
    places.set(type, place)
    // The same fields in the same order in every step: one hidden class keeps reading them fast.
    const fields = { type, label, per, icon, metadata, secret }
    const filled = { stepNumber: place + 1, after, optional, weight, stallAfter }
    return Object.freeze({ ...fields, ...filled, ...step, ...filled })
  })
  for (const { type } of extra)
    check(
      type !== '' && !places.has(type),
      `extra task "${type}" needs a type that is not a step's and not empty.`,
    )
  return Object.freeze({
    id,
    steps: Object.freeze(steps),
    extra: Object.freeze(extra),
    indexOf: (type: string) => places.get(type),
  }) as unknown as Pipeline<S, E>
}

/** The definition of a step or an extra task; undefined for an unknown type. */
export const definitionOf = (
  { steps, extra, indexOf }: Pipeline,
  type: string,
): ExtraDefinition | undefined => steps[indexOf(type) ?? -1] ?? extra.find((one) => one.type === type)
