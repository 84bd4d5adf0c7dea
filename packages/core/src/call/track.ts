import { Context } from './context.ts'
import { AlreadyRunningError } from '../records/errors.ts'
import { followGenerator } from './generator.ts'
import type { LooseSlot } from '../write/input.ts'
import { isWithin, within } from './nesting.ts'
import { kindOf, observe } from './observe.ts'
import type { ItemScope, MetadataOf, Pipeline, TaskType } from '../records/pipeline.ts'
import { followAttempts } from './retry.ts'
import type { RunContext, RunOptions } from './options.ts'
import { handled, Run, superseded, type TrackHost } from './run.ts'
import { isActive, labelOf, type TaskRecord } from '../records/task.ts'

/** Options of `track`, with the item if the step is per item. `U` is `'done'` if `unless` is given. */
export type TrackOptions<
  P extends Pipeline,
  T extends TaskType<P>,
  R,
  U extends 'done' = never,
> = StepOptions<T, ItemScope<P, T>, MetadataOf<P, T>, R, U>

/** The same by its parts, so that compiler messages start with the step and not with the pipeline. */
export type StepOptions<_T extends string, Item, M, R, U extends 'done' = never> = RunOptions<M, R, U> & Item

/** Calls `fn`, tracks it as a task of the slot, and returns what `fn` returns. */
export function track<R>(
  host: TrackHost,
  showId: string,
  type: string,
  fn: (context: RunContext<never>) => R,
  options: RunOptions<never, never>,
): R {
  const run = new Run(host, options)
  try {
    const slot = host.read(showId, type, options)
    if (options.unless === 'done' && host.isDone(slot)) return undefined as R
    const conflict = meetConflict(host, slot, options.onConflict ?? 'join')
    if (conflict) return conflict as R
    run.begin(slot)
  } catch (error) {
    host.report(error)
  }
  // A listener may have canceled the run when it was announced.
  if (run.stopReason) return refused(host, run.stopReason) as R
  const call = () => within(run, () => fn(new Context(run)))
  let value: R
  try {
    value = call()
  } catch (error) {
    run.fail(error)
    throw error
  }
  return follow(host, run, value, call) as R
}

/** Settles the run as the value settles. Returns the value for the caller. */
function follow(host: TrackHost, run: Run, value: unknown, call: () => unknown): unknown {
  const kind = kindOf(value)
  if (kind === 'value') run.settle(value)
  else if (kind === 'lazy') run.lose(wordFor(value))
  else if (kind === 'generator') return followGenerator(run, value as AsyncGenerator, host.promises)
  else return followPromise(host, run, value, call)
  return value
}

const wordFor = (value: unknown): string => {
  try {
    if (Array.isArray(value)) return 'a list of promises'
    return 'then' in (value as object) ? 'a lazy promise' : 'an iterable or a stream'
  } catch {
    return 'a proxy that throws'
  }
}

function followPromise(host: TrackHost, run: Run, value: unknown, call: () => unknown): unknown {
  const { promises } = host
  const isRetried = run.retry !== undefined
  const source = isRetried ? followAttempts(host, run, value, call) : value
  try {
    // The first handler, so that joined callers get their copies before the caller reads the value.
    const derived = observe(
      source,
      (result) => {
        if (!isRetried) run.settle(result)
        run.share({ value: result })
        return result
      },
      (error) => {
        if (!isRetried) run.fail(error)
        run.share({ thrown: error })
        if (promises === 'derived') throw error
      },
    )
    run.returned = promises === 'derived' ? derived : source
  } catch {
    // A proxy or a promise class that throws when it is inspected.
    run.lose('a promise of a class of its own')
  }
  return run.returned ?? source
}

/** The result for the caller if no call is to be made; undefined otherwise. */
function meetConflict(
  host: TrackHost,
  slot: LooseSlot,
  onConflict: 'join' | 'supersede' | 'reject',
): Promise<unknown> | undefined {
  const current = currentOf(host, slot)
  const active = current && isActive(current) ? current : undefined
  const run = (active && host.runs.get(active.id)) ?? runIn(host, slot)
  const held = active ?? run?.task
  if (!held) return undefined
  const { id } = held
  if (onConflict === 'supersede') {
    const reason = superseded(slot)
    run?.stop(reason)
    for (const one of new Set([id, run?.task.id ?? id]))
      host.write(one, { status: 'canceled', error: reason })
    return undefined
  }
  if (!run && host.now() - held.updatedAt > host.takeOverAfter(slot.type)) {
    host.write(id, { status: 'interrupted', stage: 'taken over after a long silence' })
    return undefined
  }
  const isNested = run !== undefined && isWithin(run)
  if (onConflict === 'join' && run?.returned !== undefined && !isNested) return run.join()
  const error = new AlreadyRunningError(labelOf(slot), id, { finished: () => host.ended(id), isNested })
  return refused(host, error)
}

/**
 * The result of a refused call: a rejected promise. It is also an async generator whose steps reject, because only a call
 * would show which of the two the function returns.
 */
function refused(host: TrackHost, error: Error): Promise<unknown> {
  const promise: Promise<never> = handled(host, Promise.reject(error))
  const step = () => promise
  return Object.assign(promise, {
    next: step,
    return: step,
    throw: step,
    [Symbol.asyncIterator]: () => promise,
  })
}

/** The slot's task, after a failure that is held back has been recorded. */
function currentOf(host: TrackHost, slot: LooseSlot): TaskRecord | undefined {
  const current = host.current(slot)
  const run = current && host.runs.get(current.id)
  if (!run) return current
  run.settleNow()
  return host.current(slot)
}

/** A run of the slot that goes on behind a newer task of another tab. */
function runIn(host: TrackHost, slot: LooseSlot): Run | undefined {
  const run = host.runIn(slot)
  run?.settleNow()
  return run?.hasEnded ? undefined : run
}
