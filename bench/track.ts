import assert from 'node:assert/strict'
import { wrappers } from './calls/all.ts'
import type { Wrapper } from './calls/call.ts'
import { collect, median } from './measure.ts'
import { launch } from './processes.ts'

/** What wrapping costs a call that does nothing. */
export interface CallCost {
  readonly wrapper: string
  readonly ns: number
  /** More than the bare call. */
  readonly addedNs: number
  /** How many times the bare call. */
  readonly ratio: number
}

/**
 * Nanoseconds per call, one after another; throws unless the wrapper knows of every one. A third is made untimed: a
 * collection leaves code cold.
 */
export async function timeCalls(wrapper: Wrapper, calls: number): Promise<number> {
  const { call, succeeded } = wrapper.start(calls)
  const lead = Math.floor(calls / 3)
  let sum = 0
  collect()
  for (let index = 0; index < lead; index += 1) sum += await call(index)
  const start = process.hrtime.bigint()
  for (let index = lead; index < calls; index += 1) sum += await call(index)
  const ns = Number(process.hrtime.bigint() - start) / (calls - lead)
  assert.equal(sum, calls, `${wrapper.name} gives back something else`)
  assert.equal(succeeded() ?? calls, calls, `${wrapper.name} does not know of all calls`)
  return ns
}

export interface CallQuestion {
  readonly calls: number
}

interface CallAnswer {
  readonly name: string
  readonly ns: number
}

/**
 * Every wrapper in turn, for some rounds; the first is for warming up. Each has a process of its own: one that keeps
 * an async context makes every promise of its process dearer.
 */
export async function measureTrack(calls: number, rounds: number): Promise<CallCost[]> {
  const processes = await Promise.all(
    Object.keys(wrappers).map((name) => launch<CallQuestion, CallAnswer>('track-process.js', name)),
  )
  const costs = new Map<string, number[]>()
  for (let round = 0; round <= rounds; round += 1) {
    for (const { ask } of processes) {
      const { name, ns } = await ask({ calls })
      const own = costs.get(name) ?? []
      if (round > 0) own.push(ns)
      costs.set(name, own)
    }
  }
  for (const { close } of processes) close()
  const [bare = []] = costs.values()
  return Array.from(costs, ([wrapper, own]) => ({
    wrapper,
    ns: median(own),
    addedNs: median(own.map((ns, round) => ns - bare[round]!)),
    ratio: median(own.map((ns, round) => ns / bare[round]!)),
  }))
}
