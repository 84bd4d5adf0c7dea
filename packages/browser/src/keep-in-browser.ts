import { isActive, isRemoved, type Pipeline, type TaskRecord, type Tracker } from '@callsheet/core'
import { type Change, createGuard, createOwnership, type Follow } from '@callsheet/core/provider'
import { watchPage } from './page.ts'
import { createJournal } from './storage/journal.ts'
import { createLoader } from './storage/loader.ts'
import { openStore, type StorageKind } from './storage/open-store.ts'
import { createSaver } from './storage/saver.ts'
import type { Store } from './storage/store.ts'
import { createChannel } from './tabs/channel.ts'
import { createClaims } from './tabs/claims.ts'
import { createInbox } from './tabs/inbox.ts'
import { createAskingLife } from './tabs/asking-life.ts'
import { createLife, freshId } from './tabs/life.ts'
import { createOutbox } from './tabs/outbox.ts'
import { createSuccession } from './tabs/succession.ts'

/** Options of `keepInBrowser`. */
export interface KeepOptions {
  /** Names the database, the channel and the locks: one for each application of an origin. @default 'callsheet' */
  readonly name?: string
  /** Follow the jobs of pages that are gone, by provider: `fetch.followers`. @default none: jobs become `interrupted` */
  readonly followers?: Readonly<Record<string, Follow>>
  /** Where records are saved. Where the browser refuses it, the next one is used. @default 'indexeddb' */
  readonly storage?: StorageKind
}

/** A tracker that is kept. */
export interface Kept {
  /**
   * Resolves once the tracker has what was saved and what the other tabs know, and the work of pages that are gone is
   * followed or interrupted. Never rejects.
   */
  readonly ready: Promise<void>
  /** Saves what is not saved yet. */
  readonly flush: () => Promise<void>
  /** Saves, and ends the work with storage and tabs. */
  readonly close: () => Promise<void>
}

/**
 * Keeps a tracker over reloads, in step with the other tabs of its origin, and lets one tab own each piece of work: a slot is
 * claimed before it is paid for. When a tab is closed, another one follows its jobs; its other calls become `interrupted`.
 *
 * Call it once for a tracker, in the browser; elsewhere it does nothing. `track` then returns a promise even for a
 * synchronous function, unless `claim` is false.
 *
 * @example
 * const kept = keepInBrowser(tracker, { name: 'my-app', followers: fetch.followers })
 * await kept.ready
 */
export function keepInBrowser<P extends Pipeline>(
  given: Tracker<P>,
  { name = 'callsheet', followers = {}, storage = 'indexeddb' }: KeepOptions = {},
): Kept {
  if (!globalThis.document) return { ready: Promise.resolve(), flush: async () => {}, close: async () => {} }
  const tracker = given as unknown as Tracker
  const { report } = tracker
  const guarded = createGuard(report)
  /** The ids under which this page has lived. */
  const lives = new Set<string>()
  /** Active tasks that were written here lately: those that were made by hand have no claim. */
  const unclaimed = new Map<string, TaskRecord>()
  let store: Store | undefined
  /** The shows that this tracker has had, as far as it has not forgotten them. */
  let known = new Set<string>()
  let forgotten = 0
  let isOver = () => {}
  const closed = new Promise<void>((resolve) => (isOver = resolve))

  const opening = openStore(storage, name, report).then((it) => (store = it))
  const saver = createSaver({ opening, beforeSave, isEarly, onSaved, report })
  const journal = createJournal(name, freshId())
  const loader = createLoader({ tracker, opening, saver, journal })
  const lifeOptions = { name, onBegun, onEnded: inherit, report }
  const { locks } = navigator as Partial<Navigator>
  const life = locks ? createLife({ ...lifeOptions, locks }) : createAskingLife(lifeOptions)
  const claims = createClaims({ tracker, opening, life, closed, report, inherit })
  const channel = createChannel(name, (message) => void guarded(() => inbox.receive(message)), report)
  const outbox = createOutbox(channel, life)
  const inbox = createInbox({ tracker, life, claims, answer: (to) => void answer(to) })
  const owned = tracker.own(createOwnership(claims))
  const succession = createSuccession({ tracker, owned, claims, life, followers })
  const removeSink = tracker.addSink({ write })
  const unwatch = watchPage(tracker, { onLeft, onReturned })

  function write({ tasks, shows, origin, from }: Change): void {
    for (const { showId } of [...tasks, ...shows]) known.add(showId)
    for (const task of tasks) {
      const isOver = isRemoved(task) || !isActive(task)
      if (isOver) claims.release(task.id, isRemoved(task))
      if (isOver || origin !== 'local') unclaimed.delete(task.id)
      else unclaimed.set(task.id, task)
    }
    if ((loader.isLoading() && origin === 'restore') || from === 'tab') return
    saver.add({ tasks, shows })
    outbox.add({ tasks, shows }, origin === 'local')
  }

  function onSaved(): void {
    const from = life.current()
    if (from !== undefined) channel.send({ kind: 'saved', from })
    dropForgotten().catch(report)
  }

  /** What this tracker has forgotten leaves the storage, too. What it never had is another tab's. */
  async function dropForgotten(): Promise<void> {
    if (tracker.forgotten.shows === forgotten) return
    forgotten = tracker.forgotten.shows
    const { tasks, shows } = tracker.serialize()
    const held = new Set([...tasks, ...shows].map(({ showId }) => showId))
    const gone = [...known].filter((showId) => !held.has(showId))
    known = held
    await (await opening).drop(gone)
  }

  /** What has no claim yet has not been paid for, and may be removed again: no other page would end it. */
  function isEarly(taskId: string): boolean {
    const task = unclaimed.get(taskId)
    const isWaiting = task?.status === 'starting' && task.attempt === 1
    return claims.isClaiming(taskId) || (isWaiting && owned.tasks().some(({ id }) => id === taskId))
  }

  /** So that no active task is saved without an owner. */
  async function beforeSave(): Promise<void> {
    for (const [id, task] of unclaimed) {
      await claims.note(task)
      if (unclaimed.get(id) === task) unclaimed.delete(id)
    }
  }

  async function answer(to: string): Promise<void> {
    const { isShared } = await opening
    const from = life.current()
    const records = isShared ? saver.pending() : tracker.serialize()
    if (from !== undefined) channel.send({ kind: 'records', from, to, isOwn: false, records })
  }

  function onBegun(id: string): void {
    lives.add(id)
    channel.open()
    channel.send({ kind: 'alive', from: id })
    // What was written between two lives.
    outbox.send()
  }

  function onLeft(): void {
    outbox.send()
    const unsaved = saver.pending()
    store?.leave(unsaved)
    if (storage !== 'memory') journal.write(unsaved)
    life.end()
    channel.close()
  }

  function onReturned(): void {
    store?.comeBack()
    life.begin()
    catchUp()
      .then(() => succession.comeBack((owner) => lives.has(owner)))
      .catch(report)
  }

  /** Reads what was saved, after the other tabs have said what they have not saved yet. */
  async function catchUp(): Promise<void> {
    await inbox.hearAll()
    await loader.load()
    await dropForgotten()
  }

  async function inherit(owner: string): Promise<void> {
    saver.add(inbox.takeUnsaved(owner))
    await succession.takeOver((other) => other === owner)
  }

  async function start(): Promise<void> {
    // Claims tell of what was begun, even where the rest cannot be read.
    await catchUp().catch(report)
    await succession.begin()
  }

  life.begin()
  return {
    ready: Promise.race([start().catch(report), closed]),
    flush: saver.flush,
    async close() {
      unwatch()
      removeSink()
      await saver.flush()
      owned.release()
      isOver()
      life.end()
      channel.close()
      store?.close()
    },
  }
}
