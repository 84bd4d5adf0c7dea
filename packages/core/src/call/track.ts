import { Context } from './run-context.ts'
import { AlreadyRunningError } from '../records/errors.ts'
import { followGenerator } from './generator.ts'
import type { LooseSlot } from '../write/input.ts'
import { isWithin, within } from './async-context.ts'
import { answerOf } from '../records/guard.ts'
import { kindOf, observe, type Then } from './observe.ts'
import type { Outcome } from './outcome.ts'
import type { ItemScope, MetadataOf, Pipeline, TaskType } from '../records/pipeline.ts'
import { inQueue } from './queue.ts'
import { followAttempts } from './retry.ts'
import type { RunContext, RunOptions } from './run-options.ts'
import { handled, Run, superseded, type TrackHost } from './run.ts'
import { isActive, labelOf } from '../records/task.ts'
import { settle } from './verdict.ts'

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
  const ownership = options.claim === false ? undefined : host.ownership()
  try {
    const slot = host.read(showId, type, options)
    if (options.unless === 'done' && host.isDone(slot)) return undefined as R
    const conflict = meetConflict(host, slot, options.onConflict ?? 'join')
    if (conflict) return conflict as R
    run.begin(slot, ownership !== undefined)
  } catch (error) {
    host.report(error)
  }
  // A listener may have canceled the run when it was announced.
  if (run.abort.reason) return refused(host, run.abort.reason) as R
  const call = () => within(run, fn, new Context(run))
  const again = ownership && run.isTracked ? ownership.attempt(run, fn, call) : call
  const start = () => {
    let value: unknown
    try {
      value = again()
    } catch (error) {
      settle(run, { thrown: error })
      throw error
    }
    return follow(run, value, again)
  }
  const { queue } = run.options
  return (queue ? inQueue(run, queue, start) : start()) as R
}

/**
 * Settles the run as the value settles. Returns the value for the caller.
 *
 * @param again Makes the next attempt.
 */
function follow(run: Run, value: unknown, again: () => unknown): unknown {
  const kind = kindOf(value)
  if (typeof kind === 'function') return followPromise(run, value, kind, again)
  if (kind === 'generator') return followGenerator(run, value as AsyncGenerator)
  if (kind === 'value') settle(run, { value })
  else run.lose(value)
  return value
}

function followPromise(run: Run, value: unknown, then: Then, again: () => unknown): unknown {
  const isDerived = run.host.promises === 'derived'
  const { retry } = run.options
  const source = retry ? followAttempts(run, retry, value, again) : (value as Promise<unknown>)
  const end = (outcome: Outcome) => {
    if (!retry) settle(run, outcome)
    run.share(outcome)
  }
  const onValue = (result: unknown) => {
    end({ value: result })
    return result
  }
  const onError = (error: unknown) => {
    end({ thrown: error })
    if (isDerived) throw error
  }
  try {
    // The first handler, so that joined callers get their copies before the caller reads the value.
    const derived = retry ? observe(source, onValue, onError) : then.call(source, onValue, onError)
    run.returned = isDerived ? derived : source
  } catch {
    // A proxy or a promise class that throws when it is inspected.
    run.lose(value, 'a promise of a class of its own')
  }
  return run.returned ?? source
}

/** The result for the caller if no call is to be made; undefined otherwise. */
function meetConflict(
  host: TrackHost,
  slot: LooseSlot,
  onConflict: 'join' | 'supersede' | 'reject',
): Promise<unknown> | undefined {
  let { task, run } = host.look(slot)
  // Such a call is over, though its record waits. A slot may have several.
  while (run?.state === 'held') {
    run.settleNow()
    ;({ task, run } = host.look(slot))
  }
  const held = task && isActive(task) ? task : run?.task
  if (!held) return undefined
  const { id } = held
  if (onConflict === 'supersede') {
    const reason = superseded(slot)
    run?.stop(reason)
    for (const one of new Set([id, run?.task.id ?? id]))
      host.write(one, { status: 'canceled', error: reason })
    return undefined
  }
  const isElsewhere = !run && answerOf(() => host.ownership()?.isElsewhere(held), host.report)
  if (!run && !isElsewhere && host.now() - held.updatedAt > host.takeOverAfter(slot.type)) {
    host.write(id, { status: 'interrupted', stage: 'taken over after a long silence' })
    return undefined
  }
  const isNested = run !== undefined && isWithin(run)
  if (onConflict === 'join' && run?.returned !== undefined && !isNested) return run.join()
  const error = new AlreadyRunningError(labelOf(slot), id, {
    finished: () => host.ended(id, slot.showId),
    isNested,
  })
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
