import { canonicalJson } from '../records/json.ts'
import { createGuard } from '../records/guard.ts'
import { compareVersions, type ShowRecord, type TaskRecord, type TaskVersion } from '../records/task.ts'
import { noRecords, type Records, reduce } from '../state/reduce.ts'
import type { Sink } from '../tracker/sink.ts'
import {
  assertThat,
  type ContractCase,
  createContract,
  type Patience,
  pause,
  settled,
  waitUntil,
} from './contract.ts'
import { createTestTracker } from './test-tracker.ts'

type SinkRecord = TaskVersion | ShowRecord

/** A sink, and what its contract needs to see of the destination. */
export interface SinkUnderTest {
  readonly sink: Sink
  /** The records at the destination: all that arrived, in order, or those that it holds now. */
  readonly received: () => Iterable<SinkRecord> | Promise<Iterable<SinkRecord>>
  /** Makes the destination fail, until it is called with false. Not needed with `failure: 'never'`. */
  readonly fail?: (isFailing: boolean) => unknown
  /** Called between two looks, to advance a fake clock of the sink. @default none, real time passes */
  readonly advance?: () => unknown
  /** Called after each check. */
  readonly close?: () => unknown
}

/** What a sink promises. */
export interface SinkContractOptions extends Pick<Patience, 'timeout'> {
  /**
   * What happens to records while the destination fails: `kept` for later, `lost` and reported, or `never`, for a
   * destination that cannot fail.
   *
   * @default 'lost'
   */
  readonly failure?: 'kept' | 'lost' | 'never'
  /** Whether the sink delivers the records of shows, too. @default true */
  readonly shows?: boolean
}

/**
 * The contract of a sink, as named checks for any test runner. `setUp` is called for each check.
 *
 * @example
 * const setUp = () => {
 *   const sink = memorySink()
 *   return { sink, received: () => sink.changes.flatMap(({ tasks, shows }) => [...tasks, ...shows]) }
 * }
 * for (const { name, run } of sinkContract(setUp, { failure: 'never' })) test(name, run)
 */
export function sinkContract(
  setUp: () => SinkUnderTest | Promise<SinkUnderTest>,
  { failure = 'lost', shows = true, timeout }: SinkContractOptions = {},
): readonly ContractCase[] {
  const open = async () => createKit(await setUp(), { shows, timeout })
  return createContract(open, {
    ...delivery,
    ...(shows && deliveryOfShows),
    ...life,
    ...(failure !== 'never' && failures),
    ...(failure === 'kept' && keeping),
  })
}

type Kit = ReturnType<typeof createKit>

function createKit(
  given: SinkUnderTest,
  { shows, timeout }: { readonly shows: boolean; readonly timeout: number | undefined },
) {
  const { sink, received, advance } = given
  const patience: Patience = { advance, ...(timeout !== undefined && { timeout }) }
  const { tracker, clock, errors } = createTestTracker({ sinks: [sink] })
  const arrivals = async () => [...(await received())]

  /** Passes if the destination has these records in their newest versions, in whatever order and number. */
  const missing = async (expected: Records): Promise<string | undefined> => {
    const found = reduce(
      noRecords,
      (await arrivals()).filter((one) => isIn(expected, one)),
    )
    for (const [id, task] of expected.tasks) {
      const problem = difference(`task "${id}"`, task, found.tasks.get(id))
      if (problem) return problem
    }
    for (const [id, show] of shows ? expected.shows : []) {
      const problem = difference(`show "${id}"`, show, found.shows.get(id))
      if (problem) return problem
    }
    return undefined
  }

  return {
    ...given,
    tracker,
    clock,
    errors,
    patience,
    arrivals,
    missing,
    /** The records that were written to the tracker. */
    written: () => recordsOf(tracker.serialize()),
    /** Flushes, and waits until the destination has the records. */
    arrive: async (expected: Records = recordsOf(tracker.serialize())) => {
      await settled(sink.flush?.(), 'flush did not settle.', patience)
      await waitUntil(
        async () => (await missing(expected)) === undefined,
        async () => (await missing(expected)) ?? '',
        patience,
      )
    },
    /** Makes the destination fail, or work again. */
    fail: async (isFailing: boolean) => {
      assertThat(
        given.fail !== undefined,
        "The set-up has no `fail`, so failures cannot be checked. Add it, or pass failure: 'never'.",
      )
      await given.fail(isFailing)
    },
    /** Waits until a failure was reported. */
    reported: () =>
      waitUntil(
        () => errors.length > 0,
        () => 'The destination failed, and no error was reported on the tracker’s error event.',
        patience,
      ),
  }
}

const recordsOf = ({ tasks, shows }: { tasks: readonly TaskVersion[]; shows: readonly ShowRecord[] }) =>
  reduce(noRecords, [...tasks, ...shows])

const isIn = ({ tasks, shows }: Records, record: SinkRecord): boolean =>
  'pipeline' in record ? shows.has(record.showId) : tasks.has(record.id)

function difference(what: string, expected: unknown, found: unknown): string | undefined {
  if (found === undefined) return `The newest version of ${what} did not arrive: ${canonicalJson(expected)}.`
  if (canonicalJson(found) === canonicalJson(expected)) return undefined
  return `Wrong version of ${what} at the destination: expected ${canonicalJson(expected)}, got ${canonicalJson(found)}.`
}

const versionOf = (id: string, rev: number, more: Partial<TaskRecord> = {}): TaskRecord => ({
  id,
  showId: 'show',
  type: 'trailer',
  status: 'processing',
  attempt: 1,
  startedAt: 1,
  updatedAt: rev,
  rev,
  by: 'test',
  ...more,
})

/** Calls `write` as a tracker does: what it throws is the tracker's to report. */
const write = ({ sink }: Kit, ...tasks: readonly TaskVersion[]): void =>
  void createGuard(() => {})(() => sink.write({ tasks, shows: [], origin: 'local' }))

const strange = [
  '__proto__',
  'constructor',
  ' with spaces ',
  'a:b/c?d=e&f#g%00',
  'naïve 🎬',
  '"quoted"',
  'x'.repeat(256),
]

const delivery = {
  async 'delivers the newest version of each task, unchanged'({ tracker, arrive }: Kit) {
    const show = tracker.show('show')
    show.setCharacters([{ id: 'ada', name: 'Ada' }])
    await show.track('show-generation', async () => 'done')
    tracker.addTask({ id: 'a', showId: 'show', type: 'trailer', status: 'processing', stage: 'queued' })
    tracker.addTask({ id: 'b', showId: 'show', type: 'portrait', characterId: 'ada', status: 'starting' })
    await arrive()
    const job = { provider: 'studio', id: 'job-1', url: 'https://studio.example/jobs/job-1' }
    tracker.updateTask('a', {
      progress: 40,
      stage: 'naïve “uno”\n\u2028two 🎬',
      job,
      metadata: { n: [1, null] },
    })
    tracker.updateTask('b', { status: 'failed', error: { message: 'no', code: 'filtered', httpStatus: 422 } })
    tracker.updateTask('a', { status: 'succeeded', outputUrl: 'https://studio.example/trailer.mp4' })
    await arrive()
  },

  async 'delivers the versions of a task in the order of their writing'(kit: Kit) {
    const { tracker, arrive, arrivals } = kit
    tracker.addTask({ id: 'a', showId: 'show', type: 'trailer', status: 'starting' })
    for (let progress = 10; progress <= 90; progress += 10) {
      tracker.updateTask('a', { status: 'processing', progress })
      // Some together, some apart.
      if (progress % 30 === 0) await arrive()
    }
    tracker.updateTask('a', { status: 'succeeded' })
    await arrive()
    const versions = (await arrivals()).filter((one): one is TaskVersion => 'id' in one && one.id === 'a')
    const place = versions.findIndex((one, at) => at > 0 && compareVersions(one, versions[at - 1]!) < 0)
    assertThat(
      place < 0,
      `An older version arrived after a newer one: rev ${versions[place]?.rev} after rev ${versions[place - 1]?.rev}.`,
    )
  },

  async 'holds the newest version when an older one is written later'(kit: Kit) {
    const [older, newer] = [versionOf('a', 1), versionOf('a', 2, { status: 'succeeded' })]
    write(kit, newer)
    write(kit, older)
    await kit.arrive(reduce(noRecords, newer))
    // Two trackers that merge from each other write like this.
    write(kit, older)
    write(kit, versionOf('b', 1))
    await kit.arrive(reduce(noRecords, [newer, versionOf('b', 1)]))
  },

  async 'delivers the tombstone of a removed task'({ tracker, arrive }: Kit) {
    for (const id of ['a', 'b']) tracker.addTask({ id, showId: id, type: 'trailer', status: 'failed' })
    await arrive()
    tracker.dismiss('a')
    tracker.reset({ showId: 'b' })
    await arrive()
  },

  async 'delivers 500 tasks that are written at once'({ tracker, arrive }: Kit) {
    for (let made = 0; made < 500; made += 1) tracker.addTask({ showId: `show-${made}`, type: 'trailer' })
    await arrive()
  },

  async 'delivers ids of every form'({ tracker, arrive }: Kit) {
    for (const id of strange) tracker.addTask({ id, showId: id, type: 'trailer', status: 'succeeded' })
    await arrive()
  },

  async 'delivers the changes of several trackers'({ sink, tracker, written, arrive }: Kit) {
    const other = createTestTracker({ sinks: [sink], by: 'other' }).tracker
    tracker.addTask({ id: 'a', showId: 'show', type: 'trailer' })
    other.addTask({ id: 'b', showId: 'show', type: 'trailer' })
    await arrive(reduce(written(), other.serialize().tasks))
  },

  async 'delivers a record of 20 kB, with metadata of every form'({ tracker, arrive }: Kit) {
    const loop: Record<string, unknown> = {
      at: new Date(0),
      size: 1n,
      list: [undefined, Number.NaN, '\u0000\ud800'],
    }
    loop['self'] = loop
    const texts = Array.from({ length: 10 }, () => 'a long text. '.repeat(150))
    tracker.addTask({ id: 'a', showId: 'show', type: 'trailer', metadata: { loop, texts } as never })
    await arrive()
  },
}

const deliveryOfShows = {
  async 'delivers the newest record of each show, unchanged'({ tracker, arrive }: Kit) {
    const show = tracker.show('show')
    show.setTitle('Draft')
    show.setCharacters([{ id: 'ada', name: 'Ada' }, { id: 'bo' }])
    for (const id of strange) tracker.show(id).setTitle(id)
    await arrive()
    show.setTitle('Neon Noir')
    show.setFacts({ done: { 'show-generation': true, portrait: ['ada'] } })
    tracker.renameShow('show', 'final')
    await arrive()
  },
}

const life = {
  async 'has delivered everything when flush resolves'(kit: Kit) {
    const { sink, tracker, missing, written, arrive, patience } = kit
    if (!sink.flush) return arrive()
    await settled(sink.flush(), 'flush did not settle with nothing to send.', patience)
    for (const id of ['a', 'b']) tracker.addTask({ id, showId: 'show', type: 'trailer' })
    const both = Promise.all([sink.flush(), sink.flush()])
    const { status } = await settled(both, 'flush did not settle.', patience)
    // At once: what arrives a moment later is too late.
    const problem = await missing(written())
    assertThat(status === 'fulfilled', 'flush rejected although the destination works.')
    assertThat(problem === undefined, `flush resolved too early. ${problem}`)
  },

  async 'has delivered everything when the tracker is closed'({ tracker, arrive, patience, errors }: Kit) {
    tracker.addTask({ id: 'a', showId: 'show', type: 'trailer', status: 'succeeded' })
    await settled(tracker.close(), 'tracker.close did not settle: flush never ends.', patience)
    await arrive()
    assertThat(errors.length === 0, `An error was reported although nothing failed: ${errors[0]?.message}`)
  },

  async 'takes a write, a flush and another close after close, without an error'(kit: Kit) {
    const { sink, tracker, patience } = kit
    tracker.addTask({ id: 'a', showId: 'show', type: 'trailer' })
    await settled(tracker.close(), 'tracker.close did not settle.', patience)
    for (const name of ['write', 'flush', 'close'] as const) {
      const call = async () =>
        name === 'write'
          ? sink.write({ tasks: [versionOf('b', 1)], shows: [], origin: 'local' })
          : sink[name]?.()
      const result = await settled(call(), `${name} after close did not settle.`, patience)
      assertThat(
        result.status === 'fulfilled',
        `${name} after close failed: ${result.status === 'rejected' && String(result.reason)}. Expected no error.`,
      )
    }
  },
}

const failures = {
  async 'reports that the destination fails, and never throws into the application'(kit: Kit) {
    const { tracker, fail, reported, patience, errors } = kit
    await fail(true)
    const rejections = await unhandledIn(async () => {
      const value = await tracker.show('show').track('trailer', async () => 'value')
      assertThat(value === 'value', 'track did not return the value of its function.')
      await settled(kit.sink.flush?.(), 'flush did not settle while the destination fails.', patience)
      await pause(20)
    })
    assertThat(
      rejections.length === 0,
      `A promise of the sink rejected without a handler: ${String(rejections[0])}. Return it from write, or report it.`,
    )
    await reported()
    assertThat(
      errors.every((error) => error instanceof Error),
      'The reported failure is not an Error.',
    )
  },

  async 'can be flushed and closed while the destination fails'({ sink, tracker, fail, patience }: Kit) {
    await fail(true)
    tracker.addTask({ id: 'a', showId: 'show', type: 'trailer' })
    await settled(sink.flush?.(), 'flush did not settle while the destination fails.', patience)
    await settled(tracker.close(), 'tracker.close did not settle while the destination fails.', patience)
  },

  async 'delivers later records after the destination has failed'(kit: Kit) {
    const { tracker, fail, reported, arrive } = kit
    await fail(true)
    tracker.addTask({ id: 'a', showId: 'show', type: 'trailer' })
    await settled(kit.sink.flush?.(), 'flush did not settle while the destination fails.', kit.patience)
    await reported()
    await fail(false)
    const later = tracker.addTask({ id: 'b', showId: 'show', type: 'trailer' })
    await arrive(reduce(noRecords, later as TaskRecord))
  },
}

const keeping = {
  async 'keeps what was written while the destination failed, in its newest version'(kit: Kit) {
    const { sink, tracker, fail, reported, arrive, patience } = kit
    await fail(true)
    tracker.addTask({ id: 'a', showId: 'show', type: 'trailer', status: 'processing' })
    tracker.addTask({ id: 'b', showId: 'show', type: 'library-poster', status: 'processing' })
    await settled(sink.flush?.(), 'flush did not settle while the destination fails.', patience)
    await reported()
    tracker.updateTask('a', { status: 'succeeded' })
    await fail(false)
    await arrive()
  },
}

/** The rejections without a handler while an action runs, where the runtime tells them. */
async function unhandledIn(action: () => Promise<void>): Promise<readonly unknown[]> {
  const seen: unknown[] = []
  const note = (reason: unknown) => seen.push(reason)
  const host = (globalThis as { process?: NodeJS.Process }).process
  host?.on?.('unhandledRejection', note)
  try {
    await action()
  } finally {
    host?.off?.('unhandledRejection', note)
  }
  return seen
}
