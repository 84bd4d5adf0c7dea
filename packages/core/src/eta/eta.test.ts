import { describe, expect, it } from 'vitest'
import { createDurations, eta, etaOfTask, type Sample } from './eta.ts'
import { definePipeline } from '../records/pipeline.ts'
import { taskOf } from '../testing.ts'
import { createTracker } from '../tracker/tracker.ts'

const pipeline = definePipeline({
  id: 'board',
  steps: [
    { type: 'outline', label: 'Outline', per: 'show' },
    { type: 'frame', label: 'Frames', per: 'beat', after: ['outline'] },
    { type: 'ink', label: 'Ink', per: 'beat', after: ['frame'] },
    { type: 'sound', label: 'Sound', per: 'show', optional: true },
    { type: 'teaser', label: 'Teaser', per: 'show', after: [{ type: 'frame', atLeast: 2 }] },
    { type: 'cut', label: 'Cut', per: 'show', after: ['ink'] },
  ],
  extra: [{ type: 'zip' }],
})
type Type = 'outline' | 'frame' | 'ink' | 'sound' | 'teaser' | 'cut' | 'zip'

function setup() {
  let now = 1_000_000
  const durations = createDurations({ key: ({ metadata }) => metadata?.['model'] as string | undefined })
  const tracker = createTracker({ pipeline, clock: () => now, durations })
  const show = tracker.show('s')
  const begin = (slot: string, model?: string) => {
    const [type, beatId] = slot.split(' ')
    const metadata = model === undefined ? {} : { metadata: { model } }
    return tracker.addTask({
      showId: 's',
      type,
      ...(beatId ? { beatId } : {}),
      status: 'processing',
      ...metadata,
    } as never)!
  }
  return {
    tracker,
    show,
    durations,
    begin,
    finish: (slot: string, status: 'succeeded' | 'failed' | 'canceled' | 'interrupted' = 'succeeded') =>
      tracker.updateTask(begin(slot).id, { status }),
    pass: (ms: number) => (now += ms),
    /** Adds earlier tasks with this duration, each in a show of its own. */
    know: (type: Type, ms: number, count = 9, model?: string) => {
      for (let place = 0; place < count; place += 1) {
        const id = `${type} ${model} ${place}`
        const at = { startedAt: 1, updatedAt: ms + 1, completedAt: ms + 1 }
        const metadata = model === undefined ? {} : { metadata: { model } }
        durations.learn(taskOf({ id, showId: id, type, status: 'succeeded', ...at, ...metadata }))
      }
    },
    ask: () => eta(show.getPipeline(), now, { pipeline, durations }),
    askOf: (task: Parameters<typeof etaOfTask>[0]) => etaOfTask(task, now, { durations }),
  }
}

function knowing() {
  const all = setup()
  for (const type of ['outline', 'frame', 'ink', 'sound', 'teaser', 'cut'] as const) all.know(type, 1_000)
  all.show.setItems('beat', [{ id: 'one' }, { id: 'two' }])
  return all
}

/** Durations of a show that ran twelve tasks of a step, four at once. */
const fourAtOnce = (type: string): Sample[] =>
  Array.from({ length: 12 }, (_, place) => [2_000 + 1_000 * Math.floor(place / 4), 1_000, place, type.length])

/** Equal durations still have a small tail. */
const about = (ms: number) => expect.closeTo(ms, -Math.log10(ms * 0.25))

describe('eta', () => {
  it('follows the prerequisites, and runs independent slots in parallel', () => {
    const { ask, begin, finish, pass } = knowing()
    expect(ask()).toEqual({
      from: about(4_000),
      to: about(4_000),
      isLonger: false,
      isBlocked: false,
      path: ['outline', 'frame', 'ink', 'cut'],
    })
    finish('outline')
    finish('frame one')
    begin('frame two')
    begin('ink one')
    pass(500)
    expect(ask()).toMatchObject({ from: about(2_500), path: ['frame', 'ink', 'cut'] })
  })

  it('returns whole ms from 0, in order, and the same result for the same arguments', () => {
    const { ask, begin, pass } = knowing()
    begin('outline')
    for (const ms of [0, 900, 99, 1, 1, 999_999]) {
      pass(ms)
      const { from, to } = ask()!
      expect(Number.isInteger(from) && Number.isInteger(to)).toBe(true)
      expect(from).toBeGreaterThanOrEqual(0)
      expect(to).toBeGreaterThanOrEqual(from)
      expect(ask()).toEqual(ask())
    }
  })

  it('returns undefined until each step that has to run has nine durations', () => {
    const { ask, know, show } = setup()
    show.setItems('beat', [{ id: 'one' }])
    for (const type of ['outline', 'frame', 'ink', 'teaser'] as const) know(type, 1_000)
    know('cut', 1_000, 8)
    expect(ask()).toBeUndefined()
    know('cut', 1_000, 9)
    expect(ask()).toBeDefined()
  })

  it('returns undefined until the items are known', () => {
    const { ask, show, know } = setup()
    for (const type of ['outline', 'frame', 'ink', 'teaser', 'cut'] as const) know(type, 1_000)
    expect(ask()).toBeUndefined()
    show.setItems('beat', [])
    expect(ask()).toBeDefined()
  })

  it('returns undefined if everything is done, or if the rest waits for a decision', () => {
    const { ask, finish, tracker, begin } = knowing()
    finish('outline', 'failed')
    expect(ask()).toBeUndefined()
    tracker.addTask({ showId: 's', type: 'zip' })
    expect(ask()).toBeUndefined()
    for (const slot of ['outline', 'frame one', 'frame two', 'ink one', 'ink two', 'teaser']) finish(slot)
    const { id } = begin('cut')
    expect(ask()).toBeDefined()
    tracker.updateTask(id, { status: 'succeeded' })
    expect(ask()).toBeUndefined()
  })

  it.each(['failed', 'canceled', 'interrupted'] as const)(
    'leaves out slots that were %s and those that wait for them, and sets isBlocked',
    (status) => {
      const { ask, finish, begin } = knowing()
      finish('outline')
      finish('frame one', status)
      expect(ask()).toMatchObject({ from: about(2_000), isBlocked: true, path: ['frame', 'ink'] })
      begin('frame one')
      begin('frame two')
      expect(ask()).toMatchObject({ from: about(3_000), isBlocked: false })
    },
  )

  it('leaves out an unavailable step, and the steps that wait for it', () => {
    const { ask, show } = knowing()
    show.setUnavailable(['ink'])
    expect(ask()).toMatchObject({ from: about(3_000), isBlocked: true, path: ['outline', 'frame', 'teaser'] })
  })

  it('includes remakes, and is not blocked by a remake that ended without a result', () => {
    const { ask, finish, begin } = knowing()
    for (const slot of ['outline', 'frame one', 'frame two', 'ink one', 'ink two', 'teaser']) finish(slot)
    expect(ask()).toMatchObject({ from: about(1_000), isBlocked: false, path: ['cut'] })
    // The cut waits for the ink that is remade.
    const again = begin('ink one')
    expect(ask()).toMatchObject({ from: about(2_000), isBlocked: false, path: ['ink', 'cut'] })
    for (const status of ['failed', 'canceled', 'interrupted'] as const) finish('ink two', status)
    expect(again.status).toBe('processing')
    finish('ink one', 'failed')
    expect(ask()).toMatchObject({ from: about(1_000), isBlocked: false, path: ['cut'] })
  })

  it('counts an optional step once it is begun', () => {
    const { ask, begin, know } = knowing()
    know('sound', 60_000, 128)
    expect(ask()).toMatchObject({ from: about(4_000) })
    begin('sound')
    expect(ask()).toMatchObject({ from: about(60_000), path: ['sound'] })
  })

  describe('after a show that ran its six frames two by two', () => {
    function afterTwoByTwo(isSoundBeside: boolean) {
      const all = knowing()
      const frames = Array.from({ length: 6 }, (_, place): Sample => {
        return [2_000 + 1_000 * Math.floor(place / 2), 1_000, place, 77]
      })
      all.durations.merge([{ type: 'frame', samples: frames }])
      if (isSoundBeside) all.durations.merge([{ type: 'sound', samples: [[4_000, 3_000, 1, 77]] }])
      all.show.setItems(
        'beat',
        ['one', 'two', 'three', 'four'].map((id) => ({ id })),
      )
      all.finish('outline')
      return all
    }

    it('runs four frames in two rounds, and fewer at once if others wait here', () => {
      const { ask, begin } = afterTwoByTwo(true)
      expect(ask()).toMatchObject({ from: about(4_000) })
      begin('frame one')
      expect(ask()).toMatchObject({ from: about(6_000) })
      begin('frame two')
      expect(ask()).toMatchObject({ from: about(4_000) })
    })

    it('shares the limit between steps if all of them together never ran more', () => {
      // Nine parts before the cut, two by two.
      expect(afterTwoByTwo(false).ask()).toMatchObject({ from: about(5_500) })
    })
  })

  it('is longer than usual if the task that holds up the rest is longer than 95 % of its step', () => {
    const { ask, finish, begin, pass } = knowing()
    finish('outline')
    begin('frame one')
    begin('frame two')
    pass(900)
    expect(ask()).toMatchObject({ isLonger: false })
    pass(1_000)
    const later = ask()!
    expect(later.isLonger).toBe(true)
    expect(later.from).toBeGreaterThan(2_000)
  })

  it('estimates a show of 10,000 items as a hundred times one of 100', () => {
    const { ask, show, finish, begin, durations } = knowing()
    durations.merge([{ type: 'frame', samples: fourAtOnce('frame') }])
    const total = (items: number) => {
      show.setItems(
        'beat',
        Array.from({ length: items }, (_, place) => ({ id: `beat ${place}` })),
      )
      return ask()!
    }
    finish('outline')
    const [small, large] = [total(100), total(10_000)]
    expect(large.from / small.from).toBeGreaterThan(80)
    expect(large.from / small.from).toBeLessThan(101)
    expect(large).toMatchObject({ isBlocked: false, path: ['frame', 'ink', 'cut'] })
    expect(large.to).toBeGreaterThan(large.from)
    expect(total(10_000)).toEqual(large)
    for (let place = 0; place < 4; place += 1) begin(`frame beat ${place}`)
    expect(ask()!.from / large.from).toBeCloseTo(1, 1)
  })

  it.each([0, Number.NaN])('refuses %d simulations', (simulations) => {
    const { show } = knowing()
    const options = { pipeline, durations: createDurations(), simulations }
    expect(() => eta(show.getPipeline(), 0, options)).toThrow('Invalid simulations: expected a number from 1')
  })

  it("uses the durations of a running task's key if there are enough", () => {
    const { ask, know, begin, finish } = knowing()
    know('cut', 100_000, 9, 'slow')
    know('cut', 5_000, 8, 'rare')
    for (const slot of ['outline', 'frame one', 'frame two', 'ink one', 'ink two', 'teaser']) finish(slot)
    begin('cut', 'slow')
    expect(ask()).toMatchObject({ from: about(100_000), path: ['cut'] })
    const rare = setup()
    rare.know('cut', 5_000, 8, 'rare')
    rare.know('cut', 1_000, 20)
    expect(rare.askOf(rare.begin('cut', 'rare'))).toMatchObject({ from: about(1_000) })
  })
})

describe('etaOfTask', () => {
  it('returns the remaining time of a running task, and whether it is longer than usual', () => {
    const { askOf, begin, pass } = knowing()
    const task = begin('outline')
    pass(400)
    expect(askOf(task)).toEqual({ from: about(600), to: about(600), isLonger: false })
    pass(1_600)
    expect(askOf(task)).toMatchObject({ isLonger: true })
  })

  it('returns undefined for a task that is not active, and for too few durations', () => {
    const { askOf, begin, tracker } = knowing()
    const { id } = begin('outline')
    expect(askOf(tracker.updateTask(id, { status: 'failed' })!)).toBeUndefined()
    expect(askOf(tracker.addTask({ showId: 's', type: 'zip' })!)).toBeUndefined()
  })
})
