import assert from 'node:assert/strict'
import { createTracker, showPipeline } from '@callsheet/core'
import { parseRecords, parseSnapshot } from '@callsheet/core/schema'
import { collect, median } from './measure.ts'
import { prepare } from './workload.ts'

/** What saving and restoring the state costs, in milliseconds for each part. */
export interface SnapshotCost {
  readonly tasks: number
  /** Length of the JSON text. */
  readonly characters: number
  readonly parts: readonly { readonly name: string; readonly ms: number }[]
  /** How many times `JSON.stringify` and `JSON.parse` of the same, which is the least. */
  readonly ratio: number
}

/** Serializes, writes, reads, checks and restores one show halfway. */
export function measureSnapshot(tasks: number, rounds: number): SnapshotCost {
  const { versions, shows, halfway } = prepare('one', tasks)
  const create = () => createTracker({ pipeline: showPipeline, clock: () => versions.at(-1)!.updatedAt })
  const tracker = create()
  for (const { showId, characters } of shows) tracker.show(showId).setCharacters(characters)
  tracker.merge(parseRecords({ tasks: halfway }))
  const saved = JSON.stringify(tracker.serialize())

  const time = <T>(action: () => T): { readonly ms: number; readonly result: T } => {
    const start = process.hrtime.bigint()
    const result = action()
    return { ms: Number(process.hrtime.bigint() - start) / 1e6, result }
  }
  const play = () => {
    collect()
    const serialize = time(() => tracker.serialize())
    const stringify = time(() => JSON.stringify(serialize.result))
    const parse = time(() => JSON.parse(stringify.result) as object)
    const check = time(() => parseSnapshot(parse.result))
    const restored = create()
    const restore = time(() => restored.restore(check.result))
    assert.equal(JSON.stringify(restored.serialize()), saved, 'what is restored is what was saved')
    return [serialize.ms, stringify.ms, parse.ms, check.ms, restore.ms] as const
  }
  // The first round is for warming up.
  const costs = Array.from({ length: rounds + 1 }, play).slice(1)
  const names = ['tracker.serialize', 'JSON.stringify', 'JSON.parse', 'parseSnapshot', 'tracker.restore']
  const sum = (ms: readonly number[]) => ms.reduce((total, one) => total + one, 0)
  return {
    tasks,
    characters: saved.length,
    parts: names.map((name, place) => ({ name, ms: median(costs.map((cost) => cost[place]!)) })),
    ratio: median(costs.map((cost) => sum(cost) / (cost[1] + cost[2]))),
  }
}
