import pLimit from 'p-limit'
import type { Queue } from '../call/run-options.ts'
import { problem } from '../records/errors.ts'
import { shown } from '../write/input.ts'

/** Makes the function that gives the queue of a step: for a place of the step, and then one of all. */
export function createQueues({
  total = 4,
  ...perStep
}: {
  readonly [type: string]: number | undefined
}): (type: string) => Queue {
  const limitOf = (name: string, most: number) => {
    if ((Number.isInteger(most) || most === Infinity) && most > 0) return pLimit(most)
    const message = `Invalid concurrency of "${name}": expected a whole number from 1, or Infinity, got ${shown(most)}.`
    throw problem('invalid_option', message)
  }
  const limit = limitOf('total', total)
  const steps = new Map<string, Queue>()
  for (const [type, most] of Object.entries(perStep)) {
    if (most === undefined) continue
    const ofStep = limitOf(type, most)
    steps.set(type, (start) => ofStep(() => limit(start)))
  }
  return (type) => steps.get(type) ?? limit
}
