import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRecords, parseSnapshot } from '../schema/schema.ts'
import { showPipeline, type ShowPipeline } from '../records/show-pipeline.ts'
import type { Change } from '../tracker/sink.ts'
import type { ParsedRecords } from '../tracker/snapshot.ts'
import { compareVersions, type TaskVersion } from '../records/task.ts'
import { assertLaw, expectSame, oneOf, plain, shuffled } from '../testing.ts'
import type { Tracker } from '../tracker/tracker-types.ts'
import { createTracker } from '../tracker/tracker.ts'

// --- what a writer may do --------------------------------------------------------------------------------------------

const ids = ['a', 'b', 'c', '__proto__']
const showId = oneOf('a', 'b', 'c', '__proto__')
const characterId = oneOf('ada', 'bo', 'constructor')
const some = fc.uniqueArray(characterId, { maxLength: 3 })
const type = fc.constantFrom(...showPipeline.steps.map((step) => step.type))
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })
/** Which of the tasks that the writer knows. */
const which = fc.nat(20)

const write = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: oneOf('add', 'run', 'run-badly'), showId, type, characterId }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('update' as const),
      which,
      // A failed task that goes on is its next attempt.
      status: oneOf('processing', 'processing', 'succeeded', 'failed', 'failed', 'canceled', 'interrupted'),
      progress: fc.nat(100),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: oneOf('dismiss', 'dismiss', 'reset', 'cancel'), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('characters' as const), showId, who: some }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('facts' as const),
      showId,
      who: maybe(some),
      roster: maybe(some),
      age: oneOf(0, 30),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: oneOf('title', 'rename'), showId, to: showId }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('unavailable' as const),
      showId,
      types: fc.uniqueArray(type, { maxLength: 2 }),
    }),
  },
)
type Write = typeof write extends fc.Arbitrary<infer W> ? W : never
type SlotWrite = Write & { do: 'add' | 'run' | 'run-badly' }
type FactsWrite = Write & { do: 'facts' }

function addOrRun(tracker: Tracker<ShowPipeline>, { do: what, showId, type, characterId }: SlotWrite): void {
  const isPerShow = showPipeline.steps[showPipeline.indexOf(type)!]!.per === 'show'
  const item = isPerShow ? {} : { characterId }
  if (what === 'add') {
    tracker.addTask({ showId, type, ...item } as Parameters<typeof tracker.addTask>[0])
    return
  }
  const fn = () => {
    if (what === 'run-badly') throw new Error('no')
  }
  try {
    // A slot that is busy refuses.
    const result: unknown = tracker.show(showId).track(type as 'trailer', fn, item as object)
    if (result instanceof Promise) result.catch(() => {})
  } catch {
    // What `fn` throws.
  }
}

function readFacts(tracker: Tracker<ShowPipeline>, { showId, who, roster, age }: FactsWrite): void {
  const characters = roster && { characters: roster.map((id) => ({ id })) }
  const done = { 'show-generation': true as const, portrait: who ?? (true as const) }
  tracker.show(showId).setFacts({ at: tracker.now() - age, ...characters, done })
}

function perform(tracker: Tracker<ShowPipeline>, given: Write): void {
  const known = 'which' in given ? tracker.serialize().tasks : []
  const id = 'which' in given ? known[given.which % known.length]?.id : undefined
  switch (given.do) {
    case 'add':
    case 'run':
    case 'run-badly':
      return addOrRun(tracker, given)
    case 'update':
      if (id) tracker.updateTask(id, { status: given.status, progress: given.progress, error: 'why' })
      return
    case 'dismiss':
    case 'reset':
    case 'cancel':
      if (id) tracker[given.do](id)
      return
    case 'characters':
      return tracker.show(given.showId).setCharacters(given.who.map((one) => ({ id: one })))
    case 'facts':
      return readFacts(tracker, given)
    case 'title':
      return tracker.show(given.showId).setTitle(given.to)
    case 'rename':
      return tracker.renameShow(given.showId, given.to)
    case 'unavailable':
      return tracker.show(given.showId).setUnavailable(given.types)
  }
}

// --- the replicas ----------------------------------------------------------------------------------------------------

/** A tracker whose own changes are handed on; of each task it only ever takes a newer version. */
function createReplica(by: string, skew: number, hand: (change: Change) => void) {
  let [now, count] = [100_000 + skew, 0]
  const newest = new Map<string, TaskVersion>()
  const write = (change: Change) => {
    for (const version of change.tasks) {
      const held = newest.get(version.id)
      if (held && compareVersions(version, held) <= 0) broken.push(version)
      newest.set(version.id, version)
    }
    if (change.origin === 'local') hand(change)
  }
  const broken: TaskVersion[] = []
  const tracker = createTracker({
    pipeline: showPipeline,
    clock: () => (now += 7),
    createId: () => `${by}-${(count += 1)}`,
    by,
    sinks: [{ write }],
  })
  return { tracker, broken }
}

const lone = (writes: readonly Write[]) => {
  const { tracker } = createReplica('me', 0, () => {})
  for (const one of writes) perform(tracker, one)
  return tracker
}

/** All that can be known of a tracker. */
const known = (tracker: Tracker<ShowPipeline>) => {
  const { tasks, shows } = tracker.serialize()
  return {
    tasks: tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    shows: shows.toSorted((a, b) => (a.showId < b.showId ? -1 : 1)),
    // Of shows that a rename has joined, one: they are the same object.
    views: [...new Set(ids.map((id) => tracker.getPipeline(id)))].map(plain),
    names: ids.map((id) => tracker.getPipeline(id).showId),
  }
}

const fresh = () => createTracker({ pipeline: showPipeline, clock: () => 200_000, by: 'fresh' })

/** Of each task the newest version, and every show's record: all that a sink keeps that was long away. */
function newestOf(sent: readonly ParsedRecords[]): ParsedRecords {
  const tasks = new Map<string, TaskVersion>()
  for (const version of sent.flatMap((one) => one.tasks)) {
    const held = tasks.get(version.id)
    if (!held || compareVersions(version, held) > 0) tasks.set(version.id, version)
  }
  const shows = sent.flatMap((one) => one.shows)
  return { ...parseRecords({ tasks: [], shows: [] }), tasks: [...tasks.values()], shows }
}

const who = fc.nat(2)
const event = fc.oneof(
  { weight: 3, arbitrary: fc.record({ who, write }) },
  // Messages counted from the last, so that many come late, again, or not at all before the end.
  { weight: 2, arbitrary: fc.record({ who, messages: fc.array(fc.nat(6), { maxLength: 4 }) }) },
)

describe('replicas', () => {
  const history = fc.array(event, { maxLength: 24, size: 'max' })

  it('end equal, whatever each wrote, and however it was delivered', () =>
    assertLaw(
      fc.property(history, fc.nat(), (events, seed) => {
        const sent: ParsedRecords[] = []
        const hand = (change: Change) => void sent.push(parseRecords(JSON.stringify(change)))
        const replicas = [0, 40_000, -40_000].map((skew, place) => createReplica(`w${place}`, skew, hand))
        for (const event of events) {
          const { tracker } = replicas[event.who]!
          if ('write' in event) perform(tracker, event.write)
          else if (sent.length > 0)
            for (const back of event.messages) tracker.merge(sent.at(-1 - (back % sent.length))!)
        }
        for (const [place, { tracker }] of replicas.entries()) {
          for (const message of shuffled([...sent, ...sent.slice(seed % 5)], seed + place))
            tracker.merge(message)
        }
        const [one, ...others] = replicas.map(({ tracker }) => known(tracker))
        for (const other of others) expectSame(other, one)
        const late = fresh()
        late.merge(newestOf(sent))
        expectSame(known(late), one)
        expect(replicas.flatMap(({ broken }) => broken)).toEqual([])
      }),
    ))

  it('end equal when they exchange all that they hold, even where both made the same ids', () =>
    assertLaw(
      fc.property(
        fc.array(write, { maxLength: 30, size: 'max' }),
        fc.array(write, { maxLength: 30, size: 'max' }),
        (left, right) => {
          const [one, two] = [lone(left), lone(right)]
          one.merge(parseRecords(two.serialize()))
          two.merge(parseRecords(one.serialize()))
          expectSame(known(one), known(two))
        },
      ),
      { share: 0.2 },
    ))
})

describe('restore', () => {
  it('of what was serialized is the same state, for every state that a tracker builds', () =>
    assertLaw(
      fc.property(fc.array(write, { maxLength: 40, size: 'max' }), (writes) => {
        const tracker = lone(writes)
        const text = JSON.stringify(tracker.serialize())
        const other = fresh()
        const result = other.restore(parseSnapshot(text, { pipeline: showPipeline }))
        expect(result.rejected).toEqual([])
        expectSame(known(other), known(tracker))
        expect(tracker.restore(parseSnapshot(text)).accepted).toBe(0)
      }),
      { share: 0.2 },
    ))
})

describe('a listener', () => {
  const merged = fc.record({ do: fc.constant('merge' as const), writes: fc.array(write, { maxLength: 6 }) })
  const event = fc.oneof({ weight: 4, arbitrary: write }, { weight: 1, arbitrary: merged })

  /** Listens to a show, or to one of its steps. */
  function listen(tracker: Tracker<ShowPipeline>, showId: string, type?: 'portrait' | 'trailer') {
    const read = () => {
      const view = tracker.getPipeline(showId)
      return type ? view.step(type) : view
    }
    const heard = { name: `${showId} ${type}`, read, last: read() as object, isCalledInVain: false }
    const listener = () => {
      heard.isCalledInVain ||= heard.last === read()
      heard.last = read()
    }
    tracker.subscribe(listener, type ? { showId, type } : { showId })
    return heard
  }

  it('is told whenever the view of its show or step changes, and only then', () =>
    assertLaw(
      fc.property(fc.array(event, { maxLength: 24, size: 'max' }), (events) => {
        const { tracker } = createReplica('me', 0, () => {})
        const all = ids.flatMap((id) =>
          ([undefined, 'portrait', 'trailer'] as const).map((type) => listen(tracker, id, type)),
        )
        let calls = 0
        tracker.subscribe(() => (calls += 1))
        for (const one of events) {
          const before = all.map(({ read }) => read())
          calls = 0
          if (one.do === 'merge') tracker.merge(parseRecords(lone(one.writes).serialize()))
          else perform(tracker, one)
          const wrong = all.filter(({ read, last, isCalledInVain }) => last !== read() || isCalledInVain)
          expect(wrong.map(({ name }) => name)).toEqual([])
          if (all.some(({ read }, place) => read() !== before[place])) expect(calls).toBeGreaterThan(0)
        }
      }),
      { share: 0.2 },
    ))
})
