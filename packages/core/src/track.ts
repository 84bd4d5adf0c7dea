import { AlreadyRunningError } from './errors.ts'
import type { LooseSlot } from './input.ts'
import type { ItemScope, MetadataOf, Pipeline, TaskType } from './pipeline.ts'
import { followAttempts } from './retry.ts'
import { Context, Run, type RunContext, type RunOptions, superseded, type TrackHost } from './run.ts'
import { isActive, labelOf } from './task.ts'

/** Options of `track`: how, and for which item where the step is per item. */
export type TrackOptions<P extends Pipeline, T extends TaskType<P>, R> = StepOptions<
  T,
  ItemScope<P, T>,
  MetadataOf<P, T>,
  R
>

/** Options of `track` by their parts, so that a compiler's message begins with the step and not with the pipeline. */
export type StepOptions<_T extends string, Item, M, R> = RunOptions<M, R> & Item

/** Calls `fn` and keeps the task of the slot while it runs. Gives what `fn` gives. */
export function track<R>(
  host: TrackHost,
  given: object,
  fn: (context: RunContext<never>) => R,
  options: RunOptions<never, never>,
): R {
  const run = new Run(host, options)
  try {
    const slot = host.read(given)
    const conflict = meetConflict(host, slot, options.onConflict ?? 'join')
    if (conflict) return conflict.value as R
    run.begin(slot)
  } catch (error) {
    host.report(error)
  }
  const context = new Context(run)
  let value: R
  try {
    value = fn(context)
  } catch (error) {
    run.fail(error)
    throw error
  }
  if (!run.retry || !isFollowed(value)) return follow(run, value, host.promises)
  run.returned = followAttempts(host, run, value, () => fn(context), context)
  return run.returned as R
}

/** Whether it is a promise that anybody may await. */
const isFollowed = (value: unknown): boolean => {
  try {
    return value instanceof Promise && !isLazy(value)
  } catch {
    return false
  }
}

/** Settles the run as the value settles. Gives what the caller gets. */
function follow<R>(run: Run, value: R, promises: TrackHost['promises']): R {
  try {
    if (!(value instanceof Promise)) {
      run.settle(value)
    } else if (isLazy(value)) {
      run.lose()
    } else {
      const derived: Promise<unknown> = Promise.prototype.then.call(
        value,
        (result: unknown) => {
          run.settle(result)
          return result
        },
        (error: unknown) => {
          run.fail(error)
          if (promises === 'derived') throw error
        },
      )
      run.returned = promises === 'derived' ? derived : value
    }
  } catch {
    // A proxy, or a class of promises, that lets nobody look.
    run.lose()
  }
  return (run.returned ?? value) as R
}

/** A promise with a `then` of its own may start its work when it is called: only its caller may do that. */
const isLazy = (promise: Promise<unknown>): boolean => promise.then !== Promise.prototype.then

function meetConflict(host: TrackHost, slot: LooseSlot, onConflict: 'join' | 'supersede' | 'reject') {
  const current = host.current(slot)
  if (!current || !isActive(current)) return undefined
  const run = host.runs.get(current.id)
  if (onConflict === 'supersede') {
    const reason = superseded(slot)
    run?.stop(reason)
    host.write(current.id, { status: 'canceled', error: reason })
    return undefined
  }
  if (onConflict === 'join' && run?.returned !== undefined) return { value: run.returned }
  const refused = Promise.reject(new AlreadyRunningError(labelOf(slot), current.id))
  return { value: refused }
}
