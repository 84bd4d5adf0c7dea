import { problem } from './errors.ts'
import {
  definePipeline,
  type ExtraDefinition,
  type Pipeline,
  type StandardSchema,
  type StepDefinition,
  type StepType,
} from './pipeline.ts'

/** What may be changed of a step. Its type, its place and what it runs once per stay. */
export interface StepChanges<M = unknown> extends Partial<Omit<StepDefinition, 'type' | 'per' | 'metadata'>> {
  /** A Standard Schema of the step's metadata, instead of the one that it has. */
  readonly metadata?: StandardSchema<M>
}

type Changes<P extends Pipeline, M> = { readonly [T in keyof M]?: StepChanges<M[T]> } & {
  readonly [T in Exclude<keyof M, StepType<P>> & string]?: `${T} is an unknown step`
}

type Metadata<S, M> = S extends { readonly type: infer T }
  ? T extends keyof M
    ? unknown extends M[T]
      ? Kept<S>
      : { readonly metadata: StandardSchema<M[T]> }
    : Kept<S>
  : unknown

type Kept<S> = S extends { readonly metadata: infer Schema extends StandardSchema }
  ? { readonly metadata: Schema }
  : unknown

type Extended<S extends readonly StepDefinition[], M> = {
  readonly [I in keyof S]: Omit<StepDefinition, 'type' | 'per' | 'metadata'> &
    Pick<S[I], 'type' | 'per'> &
    Metadata<S[I], M>
}

/**
 * Makes a pipeline from another one: the same steps in the same order, some of them changed, and more extra tasks.
 *
 * Throws a CallsheetError for a step that the pipeline does not have (`unknown_step`), and where `definePipeline` would.
 *
 * @example
 * const pipeline = extendPipeline(showPipeline, {
 *   steps: { trailer: { label: 'Teaser', stallAfter: 600_000 } },
 *   extra: [{ type: 'zip-download' }],
 * })
 */
export function extendPipeline<
  P extends Pipeline,
  M = unknown,
  const E extends readonly ExtraDefinition[] = readonly [],
>(
  pipeline: P,
  changes: {
    /** The new pipeline's id. @default the id of `pipeline`, so that the records of both can be merged */
    readonly id?: string
    /** What changes of which step. */
    readonly steps?: Changes<P, M>
    /** Types of task to add that are not steps. */
    readonly extra?: E
  },
): Pipeline<Extended<P['steps'], M>, readonly [...P['extra'], ...E]> {
  const { id = pipeline.id, extra = [] } = changes
  const steps: Readonly<Record<string, Partial<StepDefinition>>> = changes.steps ?? {}
  for (const type of Object.keys(steps)) {
    if (pipeline.indexOf(type) !== undefined) continue
    const known = pipeline.steps.map((step) => step.type).join(', ')
    throw problem(
      'unknown_step',
      `extendPipeline: unknown step "${type}" in pipeline "${pipeline.id}". Known steps: ${known}.`,
    )
  }
  const changed = pipeline.steps.map((step) => {
    const { type, per } = step
    return Object.hasOwn(steps, type) ? { ...step, ...steps[type], type, per } : step
  })
  return definePipeline({ id, steps: changed, extra: [...pipeline.extra, ...extra] }) as never
}
