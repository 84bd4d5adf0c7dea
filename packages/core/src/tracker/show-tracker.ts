import type { ShowTracker } from './tracker-types.ts'
import type { Internals } from './internals.ts'
import type { TaskCommands } from './task-commands.ts'
import { readOptions, type RunContext, type RunOptions } from '../call/run-options.ts'
import type { TrackHost } from '../call/run.ts'
import { track } from '../call/track.ts'
import { answerOf } from '../records/guard.ts'
import { canonicalJson } from '../records/json.ts'
import type { Pipeline } from '../records/pipeline.ts'
import { recordOf, type RegisterName, registersOf } from '../records/show.ts'
import type { Character } from '../records/task.ts'
import { limits } from '../records/text.ts'
import { assertId } from '../write/input.ts'
import { createRefuse } from '../write/patch.ts'
import { type Reading, readFacts, readItems, readSteps, readTitle } from '../write/show-fields.ts'

/** Writes the registers of shows, and makes the tracker of one show. */
export function createShowTrackers(
  { pipeline, by, now, redactor, state, apply, report }: Internals,
  host: TrackHost,
  { cancel }: TaskCommands,
  safely: <R>(otherwise: R, action: () => R) => R,
) {
  const recordWith = (showId: string, name: RegisterName, value: unknown, rev: number) =>
    recordOf({ showId, pipeline: pipeline.id }, [[name, Object.freeze({ value, rev, by })]])

  const reading = (showId: string): Reading => ({
    pipeline,
    redact: redactor.text,
    refuse: createRefuse('Show', showId, report),
  })

  function setRegister(showId: string, name: RegisterName, value: unknown): void {
    const record = state.records.get(showId)
    const held = record && registersOf(record).get(name)
    // Facts have a time. Of the rest, the same value again changes nothing.
    if (held && name !== 'facts' && canonicalJson(held.value) === canonicalJson(value)) return
    const rev = (held?.rev ?? 0) + 1
    const why = 'the maximum number of revisions is reached; the held value stays'
    if (rev > limits.count) reading(showId).refuse(name, why, 'limit_reached')
    else apply([], [recordWith(showId, name, value, rev)])
  }

  return {
    rename: (from: string, to: string): void => {
      assertId(from, 'showId')
      assertId(to, 'showId')
      if (from !== to) setRegister(from, 'renamedTo', to)
    },
    remove: (showId: string): void => {
      assertId(showId, 'showId')
      safely(0, () => cancel({ showId }, `Show "${showId}" was removed.`))
      // At once, so that listeners see no state between.
      const members = state.shows.get(showId)?.members ?? [showId]
      apply(
        [],
        members.map((id) => recordWith(id, 'removed', true, 1)),
      )
    },
    show: (showId: string): Omit<ShowTracker<Pipeline>, 'getPipeline'> => {
      assertId(showId, 'showId')
      // Writes to a show that was renamed meanwhile go to the show that it has become.
      const finalId = () => state.shows.get(showId)?.showId ?? showId
      const run = (type: string, fn: (context: RunContext<never>) => unknown, given?: object) => {
        const options: RunOptions<never, never> = given ? readOptions(given, report) : {}
        return track(host, showId, type, fn, options)
      }
      const set = (name: RegisterName, read: (how: Reading) => unknown): void =>
        safely(undefined, () => {
          const value = read(reading(finalId()))
          if (value !== undefined) setRegister(finalId(), name, value)
        })
      const setItems = (kind: string, items: readonly Character[]) =>
        set(`items.${kind}`, (how) => readItems(kind, items, how))
      const wrap = (type: string, fn: Function, toOptions?: (...args: unknown[]) => object) =>
        function (this: unknown, ...args: unknown[]): unknown {
          const given = toOptions ? answerOf(() => toOptions(...args) ?? {}, report) : {}
          const call = () => fn.apply(this, args) as unknown
          return given ? run(type, call, given) : call()
        }
      return {
        showId,
        track: run as unknown as ShowTracker<Pipeline>['track'],
        wrap: wrap as unknown as ShowTracker<Pipeline>['wrap'],
        setTitle: (title) => set('title', (how) => readTitle(title, how)),
        setCharacters: (characters) => setItems('character', characters),
        setItems,
        setFacts: (facts) => set('facts', (how) => readFacts(facts, now(), how)),
        setUnavailable: (types) => set('unavailable', (how) => readSteps(types, how)),
        cancel: (reason) => void safely(0, () => cancel({ showId }, reason)),
      }
    },
  }
}
