// What the tests share.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { TrackerOptions } from './tracker/tracker-types.ts'
import type { Pipeline } from './records/pipeline.ts'
import { showPipeline, type ShowPipeline } from './records/show-pipeline.ts'
import type { TaskRecord, Tombstone } from './records/task.ts'
import { createTracker } from './tracker/tracker.ts'
import type { PipelineView } from './state/view-types.ts'

const number = (name: string): number | undefined => {
  const given = process.env[name]
  return given === undefined ? undefined : Number(given)
}

/** How many histories each law is tried on: LAW_RUNS, else 10,000 in CI and 1,000 at the desk. */
const lawRuns = number('LAW_RUNS') ?? (process.env['CI'] ? 10_000 : 1_000)

/** The command that runs a history that broke a law again. */
function howAgain(seed: number, path: string | null): string {
  const { testPath = '', currentTestName = '' } = expect.getState()
  const file = testPath.slice(testPath.indexOf('packages/'))
  const name = currentTestName.split(' > ').at(-1)
  return `Run it again:\n  LAW_SEED=${seed} LAW_PATH=${path ?? ''} pnpm exec vitest run --project node ${file} -t "${name}"`
}

/**
 * Tries a law on many histories (`share` of them, where each is dear). What breaks it is told with the command that runs
 * the same history again.
 *
 * LAW_RUNS sets how many there are, LAW_SEED which (in CI always the same); LAW_PATH goes straight to one of them. With
 * LAW_SHRINK=no what breaks the law is not made smaller: where that it broke is all that is asked.
 */
export async function assertLaw<T>(
  property: fc.IProperty<T> | fc.IAsyncProperty<T>,
  { share = 1 }: { readonly share?: number } = {},
): Promise<void> {
  // The same histories at every landing, for it must not hang on luck; others at every run at the desk.
  const seed = number('LAW_SEED') ?? (process.env['CI'] ? 20_261_122 : undefined)
  const path = process.env['LAW_PATH']
  const details = await fc.check(property as fc.IAsyncProperty<T>, {
    numRuns: Math.ceil(lawRuns * share),
    endOnFailure: process.env['LAW_SHRINK'] === 'no',
    ...(seed === undefined ? {} : { seed }),
    ...(path ? { path } : {}),
  })
  if (!details.failed) return
  throw new Error(
    `${fc.defaultReportMessage(details)}\n\n${howAgain(details.seed, details.counterexamplePath)}`,
    {
      cause: details.errorInstance,
    },
  )
}

export const oneOf = <const T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values)

/** `expect(a).toEqual(b)`, asked only when they differ: it is slow. */
export function expectSame(a: unknown, b: unknown): void {
  if (!isDeepStrictEqual(a, b)) expect(a).toEqual(b)
}

/** In an order that the seed gives. */
export function shuffled<T>(list: readonly T[], seed: number): T[] {
  const order = [...list]
  let chance = seed
  for (let left = order.length; left > 1; left -= 1) {
    chance = (Math.imul(chance, 1_664_525) + 1_013_904_223) >>> 0
    const other = Math.floor((chance / 2 ** 32) * left)
    ;[order[left - 1], order[other]] = [order[other]!, order[left - 1]!]
  }
  return order
}

/** A view with all that is computed on first read. */
export const plain = <P extends Pipeline>(view: PipelineView<P>) => ({
  ...view,
  startedAt: view.startedAt,
  completedAt: view.completedAt,
  steps: view.steps.map((step) => ({
    ...step,
    slots: step.slots,
    tasks: step.tasks,
    errors: step.errors,
    startedAt: step.startedAt,
    completedAt: step.completedAt,
    current: [undefined, ...step.slots.map((slot) => slot.characterId)].map((id) => step.task(id)?.id),
  })),
})

/** A value without the fields that are undefined. */
export const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T

/** A task record: the first version of an active portrait. */
export const taskOf = (fields: Partial<TaskRecord> = {}): TaskRecord => ({
  id: 't1',
  showId: 's',
  type: 'portrait',
  status: 'processing',
  attempt: 1,
  startedAt: 1,
  updatedAt: 1,
  rev: 1,
  by: 'me',
  ...fields,
})

/** What is left of that task when it is removed. */
export const tombstoneOf = (fields: Partial<Tombstone> = {}): Tombstone => ({
  id: 't1',
  showId: 's',
  removed: true,
  updatedAt: 2,
  rev: 2,
  by: 'me',
  ...fields,
})

/** A tracker whose clock goes when `clock.now` is set; its ids are t1, t2 and so on. */
export function setUpTracker(start: number, options: Partial<TrackerOptions<ShowPipeline>> = {}) {
  const clock = { now: start }
  let made = 0
  const tracker = createTracker({
    pipeline: showPipeline,
    clock: () => clock.now,
    createId: () => `t${(made += 1)}`,
    by: 'me',
    ...options,
  })
  return { tracker, show: tracker.show('s'), clock }
}

/** Lets promises and streams go on for as long as they can by themselves. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => void setImmediate(resolve))
}

/** A promise that is settled from outside. */
export function deferred<T = unknown>() {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
