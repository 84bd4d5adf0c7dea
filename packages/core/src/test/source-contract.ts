import { createGuard } from '../records/guard.ts'
import { canonicalJson } from '../records/json.ts'
import type { ShowPipeline } from '../records/show-pipeline.ts'
import type { TaskVersion } from '../records/task.ts'
import type { Tracker } from '../tracker/tracker-types.ts'
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

/** What the contract of a source gives to its set-up. */
export interface SourceGiven {
  /** The tracker that the source merges into. */
  readonly tracker: Tracker<ShowPipeline>
  /** The show whose records come. */
  readonly showId: string
  /** The text of JSON that the origin sends first on each connection. */
  readonly snapshot: () => string
}

/** A source, and an origin that its contract controls. */
export interface SourceUnderTest {
  /** Connects the source; returns the function that releases it. */
  readonly open: () => () => void
  /** Sends a change on all connections: a text of JSON, `{ v: 1, tasks, shows }`. */
  readonly send: (text: string) => unknown
  /** The number of open connections at the origin. */
  readonly connections: () => number
  /** Breaks all connections and refuses new ones, until it is called with false. */
  readonly interrupt: (isDown: boolean) => unknown
  /** Called between two looks, to advance a fake clock of the source. @default none, real time passes */
  readonly advance?: () => unknown
  /** Called after each check. */
  readonly close?: () => unknown
}

/** How long the contract of a source waits. */
export type SourceContractOptions = Pick<Patience, 'timeout'>

/**
 * The contract of a source, as named checks for any test runner. `setUp` is called for each check.
 *
 * The source gets the origin's snapshot at each connection and every change after it, parses both with `parseRecords` and
 * merges them into the tracker.
 *
 * @example
 * const cases = sourceContract(async ({ tracker, snapshot }) => {
 *   const origin = await startOrigin({ first: snapshot })
 *   const { send, connections, interrupt, close } = origin
 *   return { open: () => webSocketSource({ tracker, url: origin.url }), send, connections, interrupt, close }
 * })
 * for (const { name, run } of cases) test(name, run)
 */
export function sourceContract(
  setUp: (given: SourceGiven) => SourceUnderTest | Promise<SourceUnderTest>,
  options: SourceContractOptions = {},
): readonly ContractCase[] {
  return createContract(() => createKit(setUp, options), checks)
}

type Kit = Awaited<ReturnType<typeof createKit>>

const showId = 'neon-noir'

async function createKit(
  setUp: (given: SourceGiven) => SourceUnderTest | Promise<SourceUnderTest>,
  { timeout }: SourceContractOptions,
) {
  const { tracker, clock, errors } = createTestTracker()
  const origin = createTestTracker({ by: 'origin' })
  // What the origin writes is news for the tracker.
  await origin.clock.advance(1_000)
  await clock.advance(1_000)
  const truth = origin.tracker
  const snapshot = () => JSON.stringify(truth.serialize({ showId }))
  const given = await setUp({ tracker, showId, snapshot })
  const patience: Patience = { advance: given.advance, ...(timeout !== undefined && { timeout }) }
  const finished: string[] = []
  tracker.on('taskFinished', ({ task }) => finished.push(task.id))
  tracker.on('stepCompleted', ({ type }) => finished.push(type))
  const released: (() => void)[] = []

  const state = (of: Tracker<ShowPipeline>) => {
    const { tasks, shows } = of.serialize({ showId })
    return canonicalJson([tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1)), shows])
  }

  return {
    ...given,
    tracker,
    truth,
    errors,
    finished,
    patience,
    open: () => {
      const release = given.open()
      assertThat(typeof release === 'function', 'open did not return the function that releases the source.')
      released.push(release)
      return release
    },
    close: async () => {
      // A source that throws here fails the check of that.
      for (const release of released) createGuard(() => {})(release)
      await given.close?.()
    },
    /** Writes at the origin, without sending. */
    add: (id: string, more: object = {}) =>
      changeOf(truth.addTask({ id, showId, type: 'trailer', status: 'processing', ...more })!),
    update: (id: string, patch: object) => changeOf(truth.updateTask(id, patch)!),
    /** Waits until the tracker holds what the origin holds. */
    merged: (when: string) =>
      waitUntil(
        () => state(tracker) === state(truth),
        () => `Not merged ${when}: expected ${state(truth)}, got ${state(tracker)}.`,
        patience,
      ),
    /** Waits until so many connections are open. */
    connected: (count: number, when: string) =>
      waitUntil(
        () => given.connections() === count,
        () => `Expected ${count} open connections ${when}, got ${given.connections()}.`,
        patience,
      ),
    /** Waits until an error was reported. */
    reported: (what: string) =>
      waitUntil(
        () => errors.length > 0,
        () => `${what}, and no error was reported on the tracker’s error event.`,
        patience,
      ),
    /** Lets a source that reconnects by mistake do so. */
    linger: async () => {
      for (let look = 0; look < 40; look += 1) {
        await given.advance?.()
        await pause(5)
      }
    },
  }
}

const changeOf = (...tasks: readonly TaskVersion[]): string => JSON.stringify({ v: 1, tasks, shows: [] })

const checks = {
  async 'merges the snapshot'({ open, truth, add, merged }: Kit) {
    truth.show(showId).setTitle('Neon Noir')
    truth.show(showId).setCharacters([{ id: 'ada', name: 'Ada 🎬' }])
    add('running', { progress: 40, stage: 'naïve\u2028two' })
    add('done', { type: 'portrait', characterId: 'ada', status: 'succeeded' })
    add('hidden', { type: 'library-poster', status: 'failed' })
    truth.dismiss('hidden')
    open()
    await merged('after the snapshot')
  },

  async 'merges each change after the snapshot'({ open, send, add, update, truth, merged }: Kit) {
    const first = add('first')
    open()
    await merged('after the snapshot')
    await send(update('first', { progress: 50, stage: 'rendering 🎬' }))
    await send(add('second', { type: 'library-poster' }))
    truth.show(showId).setTitle('Neon Noir')
    await send(JSON.stringify({ v: 1, tasks: [], shows: truth.serialize({ showId }).shows }))
    await merged('after three changes')
    await send(update('first', { status: 'failed' }))
    truth.dismiss('first')
    const { tasks } = truth.serialize({ showId })
    await send(changeOf(...tasks))
    await send(first)
    await merged('after a task was dismissed')
  },

  async 'fires no completion events for the first snapshot, and fires them for changes'(kit: Kit) {
    const { open, send, add, update, merged, finished } = kit
    add('before', { type: 'show-generation', status: 'succeeded' })
    add('live')
    open()
    await merged('after the snapshot')
    assertThat(
      finished.length === 0,
      `The first snapshot fired completion events (${finished.join(', ')}). Merge it with live: false.`,
    )
    await send(update('live', { status: 'succeeded' }))
    await merged('after the change')
    assertThat(
      finished.join() === 'live,trailer',
      `Expected taskFinished and stepCompleted for the change, got "${finished.join()}". Merge changes live.`,
    )
  },

  async 'keeps the newest version when changes come late or twice'(kit: Kit) {
    const { open, send, add, update, merged } = kit
    const first = add('a')
    const second = update('a', { progress: 10 })
    open()
    await merged('after the snapshot')
    const last = update('a', { progress: 90 })
    for (const text of [last, second, last, first]) await send(text)
    // Comes last, so everything before it has come.
    await send(add('end', { type: 'library-poster' }))
    await merged('after late and repeated changes')
  },

  async 'rejects a bad record, reports it and keeps the others'(kit: Kit) {
    const { open, send, add, merged, reported, tracker } = kit
    add('first', { type: 'library-poster' })
    open()
    await merged('after the snapshot')
    const good = JSON.parse(add('good')) as { readonly tasks: readonly object[] }
    const bad = { ...good.tasks[0], id: 'bad', status: 'no such status' }
    await send(JSON.stringify({ ...good, tasks: [bad, ...good.tasks] }))
    await merged('beside a bad record')
    assertThat(tracker.getTask('bad') === undefined, 'A record with an invalid status was merged.')
    await reported('A record was rejected')
  },

  async 'reports data that cannot be read, and goes on'(kit: Kit) {
    const { open, send, add, merged, reported } = kit
    add('first')
    open()
    await merged('after the snapshot')
    await send('<!doctype html><title>502 Bad Gateway</title>')
    await reported('The source got a page of HTML')
    await send(add('second', { type: 'library-poster' }))
    await merged('after data that cannot be read')
  },

  async 'reconnects after its connection broke, and gets what it missed'(kit: Kit) {
    const { open, interrupt, send, add, update, merged, connected } = kit
    add('first')
    open()
    await merged('after the snapshot')
    await interrupt(true)
    await connected(0, 'while the origin is down')
    update('first', { status: 'succeeded' })
    add('missed', { type: 'library-poster' })
    await interrupt(false)
    await merged('after the connection broke')
    await send(update('missed', { progress: 50 }))
    await merged('by the new connection')
    await connected(1, 'after one reconnect')
  },

  async 'reports that the origin cannot be reached, and connects when it can'(kit: Kit) {
    const { open, interrupt, add, merged, reported } = kit
    add('first')
    await interrupt(true)
    open()
    await reported('The origin cannot be reached')
    await interrupt(false)
    await merged('after the origin came back')
  },

  async 'disconnects when it is released, and merges nothing more'(kit: Kit) {
    const { open, send, add, merged, connected, linger, tracker, connections, errors } = kit
    add('first')
    const release = open()
    await merged('after the snapshot')
    const before = errors.length
    release()
    await connected(0, 'after the release')
    await send(add('late', { type: 'library-poster' }))
    await linger()
    assertThat(connections() === 0, `The source connected again after its release (${connections()} open).`)
    assertThat(tracker.getTask('late') === undefined, 'A change was merged after the release.')
    assertThat(errors.length === before, `The release was reported as an error: ${errors.at(-1)?.message}`)
  },

  async 'stops for good when it is released at once, or twice'(kit: Kit) {
    const { open, connected, linger, connections } = kit
    const release = open()
    release()
    const { status } = await settled(
      (async () => release())(),
      'The second release did not return.',
      kit.patience,
    )
    assertThat(status === 'fulfilled', 'The second release threw an error.')
    await linger()
    await connected(0, 'after a release right after open')
    await linger()
    assertThat(connections() === 0, 'The source connected again after its release.')
  },

  async 'stops while it waits to reconnect'(kit: Kit) {
    const { open, interrupt, reported, linger, connections } = kit
    await interrupt(true)
    const release = open()
    await reported('The origin cannot be reached')
    release()
    await interrupt(false)
    await linger()
    // One that was on its way may still come, and has to go again.
    await kit.connected(0, 'after a release while the origin was down')
    await linger()
    assertThat(connections() === 0, 'The source connected again after its release.')
  },

  async 'can be opened again'({ open, add, merged, connected }: Kit) {
    add('first')
    open()()
    await connected(0, 'after the release')
    open()
    add('second', { type: 'library-poster' })
    await merged('after it was opened again')
  },
}
