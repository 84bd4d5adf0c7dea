// A second kind of work, through the public API only: nothing may be hard-wired to shows and characters.
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { definePipeline, isStale, readySlots, type Slot } from '../index.ts'
import { parseRecords, parseSnapshot } from '../schema/schema.ts'
import { createTestTracker, script, simulate, usualFaults } from '../test/test.ts'
import { deferred } from '../testing.ts'

const storyboard = definePipeline({
  id: 'storyboard',
  steps: [
    { type: 'episode', label: 'Episode', per: 'show', weight: 1 },
    { type: 'beat-list', label: 'Beats', per: 'show', weight: 1, after: ['episode'] },
    {
      type: 'keyframe',
      label: 'Keyframes',
      per: 'beat',
      weight: 3,
      after: ['beat-list'],
      metadata: z.object({ seed: z.number(), style: z.enum(['ink', 'oil']), prompt: z.optional(z.string()) }),
      secret: ['prompt'],
    },
    {
      type: 'clip',
      label: 'Clips',
      per: 'beat',
      optional: true,
      weight: 4,
      after: ['keyframe'],
      stallAfter: 600_000,
    },
    {
      type: 'assembly',
      label: 'Assembly',
      per: 'show',
      weight: 2,
      after: [{ type: 'clip', atLeast: 4 }],
    },
  ],
  extra: [{ type: 'zip', stallAfter: 5_000 }],
})

const beats = ['b1', 'b2', 'b3', 'b4', 'b5'] as const
const showId = 'pilot'
const keyframe = (beatId: string) => ({ showId, type: 'keyframe', beatId }) as const
const clip = (beatId: string) => ({ showId, type: 'clip', beatId }) as const

function setup() {
  const kit = createTestTracker({ pipeline: storyboard })
  const show = kit.tracker.show(showId)
  const view = () => show.getPipeline()
  const ready = () => readySlots(storyboard, view())
  return { ...kit, show, view, ready, script: script(kit.tracker, showId) }
}

/** Up to the beats: the first two steps done, five beats known. */
function withBeats() {
  const made = setup()
  made.script
    .succeeded('episode')
    .succeeded('beat-list')
    .items('beat', ...beats)
  return made
}

describe('a storyboard, with beats instead of characters', () => {
  it('tracks, adds and finds its items by their own name, and records them as characterId', async () => {
    const { show, tracker, sink } = withBeats()
    const { promise, resolve } = deferred<string>()
    const call = show.track('keyframe', () => promise, { beatId: 'b1' })
    expect(tracker.has(keyframe('b1'), 'running')).toBe(true)
    expect(tracker.getTask(keyframe('b1'))).toMatchObject({ characterId: 'b1', stepNumber: 3 })
    expect(JSON.stringify(tracker.serialize())).not.toContain('beatId')
    resolve('frame.png')
    expect(await call).toBe('frame.png')
    expect(sink.statuses(keyframe('b1'))).toEqual(['processing', 'succeeded'])
    tracker.addTask({ ...keyframe('b2'), id: 'k2', status: 'processing' })
    expect(tracker.cancel(keyframe('b2'))).toBe(1)
    expect(tracker.getTask('k2')).toMatchObject({ characterId: 'b2', status: 'canceled' })
    expect(tracker.has(keyframe('b2'), 'tried')).toBe(true)
    expect(tracker.has(keyframe('b3'), 'tried')).toBe(false)
    expect(tracker.getTasks(keyframe('b1'))).toHaveLength(1)
    expect(tracker.dismiss(keyframe('b2'))).toBe(1)
    expect(tracker.getTask(keyframe('b2'))).toBeUndefined()
  })

  it('says which item is missing by its own name, and takes the name of the records too', () => {
    const { tracker, errors } = withBeats()
    expect(() => tracker.addTask({ showId, type: 'keyframe' } as never)).toThrow('Invalid beatId undefined')
    expect(() => tracker.addTask({ showId, type: 'episode', characterId: 'b1' } as never)).toThrow(
      'once per show',
    )
    expect(() => tracker.addTask({ showId, type: 'portrait' } as never)).toThrow(
      'Known steps: episode, beat-list, keyframe, clip, assembly, zip',
    )
    tracker.addTask({ showId, type: 'keyframe', characterId: 'b1', id: 'k1' } as never)
    expect(tracker.has(keyframe('b1'), 'running')).toBe(true)
    expect(tracker.updateTask('k1', { beatId: 'b2', status: 'failed' } as never)).toBeUndefined()
    expect(errors.at(-1)?.message).toContain('"beatId" cannot change from "b1" to "b2"')
  })

  it('counts the beats, and weighs the steps', () => {
    const { script, view } = withBeats()
    script.succeeded('keyframe', { beatId: 'b1' }).active('keyframe', { beatId: 'b2', progress: 50 })
    expect(view().step('keyframe')).toMatchObject({
      per: 'beat',
      status: 'active',
      total: 5,
      completed: 1,
      active: 1,
      progress: 30,
    })
    // Clips are optional and not begun: (100 + 100 + 3 × 30 + 2 × 0) / (1 + 1 + 3 + 2).
    expect(view()).toMatchObject({ progress: 41, completedSteps: 2, totalSteps: 4 })
    expect(
      view()
        .step('keyframe')
        .slots.map((slot) => [slot.characterId, slot.status]),
    ).toEqual([
      ['b1', 'succeeded'],
      ['b2', 'active'],
      ['b3', 'pending'],
      ['b4', 'pending'],
      ['b5', 'pending'],
    ])
  })

  it('leads from step to step, and to the assembly once four of five clips are done', () => {
    const { script, ready } = setup()
    expect(ready()).toEqual([{ showId, type: 'episode' }])
    script.succeeded('episode')
    expect(ready()).toEqual([{ showId, type: 'beat-list' }])
    script.succeeded('beat-list').items('beat', ...beats)
    expect(ready()).toEqual(beats.map(keyframe))
    script.succeeded('keyframe', { beatId: 'b1' })
    expect(ready()).toEqual([...beats.slice(1).map(keyframe), clip('b1')])
    for (const beatId of beats.slice(1)) script.succeeded('keyframe', { beatId })
    for (const beatId of beats.slice(0, 3)) script.succeeded('clip', { beatId })
    script.failed('clip', { beatId: 'b4' })
    expect(ready()).toEqual([clip('b5')])
    script.succeeded('clip', { beatId: 'b5' })
    const last: readonly Slot<typeof storyboard>[] = ready()
    expect(last).toEqual([{ showId, type: 'assembly' }])
  })

  it('counts an optional step from when it is begun, by the beats begun, and not once all were canceled', () => {
    const { script, view, tracker } = withBeats()
    expect(view().step('clip')).toMatchObject({ optional: true, total: 0, counted: false, status: 'pending' })
    expect(view().totalSteps).toBe(4)
    script.active('clip', { beatId: 'b1', progress: 50 }).succeeded('clip', { beatId: 'b2' })
    expect(view().step('clip')).toMatchObject({ total: 2, completed: 1, progress: 75, counted: true })
    expect(view().totalSteps).toBe(5)
    expect(
      view()
        .step('clip')
        .slots.map((slot) => slot.characterId),
    ).toEqual(['b1', 'b2'])
    tracker.cancel({ showId, type: 'clip' })
    expect(view().step('clip')).toMatchObject({ total: 2, canceled: 1, status: 'pending', counted: true })
    tracker.reset(clip('b2'))
    expect(view().step('clip')).toMatchObject({ total: 1, canceled: 1, counted: false })
    expect(view().totalSteps).toBe(4)
  })

  it('takes beats from the facts of a database, with no task at all', () => {
    const { show, view, tracker } = setup()
    show.setFacts({
      items: { beat: [{ id: 'b1', name: 'The door opens' }, { id: 'b2' }] },
      done: { episode: true, 'beat-list': true, keyframe: ['b1', 'b2'], clip: ['b1'] },
    })
    expect(view().steps.map(({ status }) => status)).toEqual([
      'succeeded',
      'succeeded',
      'succeeded',
      'succeeded',
      'pending',
    ])
    expect(view().step('clip')).toMatchObject({ total: 1, completed: 1 })
    expect(view().step('keyframe').slots[0]).toMatchObject({ name: 'The door opens', progress: 100 })
    // (100 × (1 + 1 + 3 + 4)) / 11.
    expect(view().progress).toBe(81)
    expect(tracker.has(clip('b1'), 'done')).toBe(true)
    expect(tracker.has(clip('b2'), 'done')).toBe(false)
  })

  it('shows an unavailable step, counts it nowhere, and begins nothing that waits for it', () => {
    const { script, view, ready } = withBeats()
    for (const beatId of beats) script.succeeded('keyframe', { beatId })
    script.unavailable('clip')
    expect(view().step('clip')).toMatchObject({ unavailable: true, counted: false })
    expect(ready()).toEqual([])
    expect(view()).toMatchObject({ totalSteps: 4, completedSteps: 3 })
    script.succeeded('assembly')
    expect(view()).toMatchObject({ status: 'succeeded', progress: 100 })
  })

  it('counts an extra task as active work, in no step', () => {
    const { show, view, tracker } = withBeats()
    void show.track('zip', () => new Promise(() => {}))
    expect(view()).toMatchObject({ active: 1, status: 'active' })
    expect(view().steps.every(({ active }) => active === 0)).toBe(true)
    expect(tracker.getTask({ showId, type: 'zip' })).not.toHaveProperty('stepNumber')
  })

  it('types metadata by its schema, keeps its secrets out, and merges it', async () => {
    const { show, tracker } = withBeats()
    await show.track(
      'keyframe',
      async ({ update }) => update({ metadata: { seed: 7, prompt: 'the twist of episode two' } }),
      { beatId: 'b1', metadata: { style: 'ink' } },
    )
    const task = tracker.getTask(keyframe('b1'))
    expect(task?.metadata).toEqual({ seed: 7, style: 'ink' })
    expect(JSON.stringify(tracker.serialize())).not.toContain('twist')
  })

  it('goes out as a snapshot and comes back through the door, which checks metadata by the schema', () => {
    const { script, tracker, view } = withBeats()
    script
      .succeeded('keyframe', { beatId: 'b1', metadata: { seed: 1, style: 'oil' } })
      .failed('clip', { beatId: 'b1', error: 'Content filter' })
      .active('zip')
    const text = JSON.stringify(tracker.serialize())
    const again = createTestTracker({ pipeline: storyboard })
    expect(again.tracker.restore(parseSnapshot(text, { pipeline: storyboard })).rejected).toEqual([])
    expect(again.tracker.getPipeline(showId)).toEqual(view())
    expect(again.tracker.serialize()).toEqual(tracker.serialize())
    const task = { ...tracker.getTask(keyframe('b1')), metadata: { seed: 'one', style: 'oil' } }
    const { rejected } = parseRecords({ tasks: [task] }, { pipeline: storyboard })
    expect(rejected).toMatchObject([{ index: 0, kind: 'task' }])
    expect(rejected[0]!.reason).toMatch(/^metadata: /)
  })

  it('tries a keyframe again as the same task, and wraps a function of the beat', async () => {
    const { show, clock, tracker, sink } = withBeats()
    const asked: string[] = []
    const draw = show.wrap(
      'keyframe',
      async (beatId: string) => {
        asked.push(beatId)
        if (asked.length === 1) throw Object.assign(new Error('busy'), { status: 503 })
        return `${beatId}.png`
      },
      (beatId) => ({
        beatId,
        retry: { attempts: 2, delay: () => 2_000 },
        result: (outputUrl) => ({ outputUrl }),
      }),
    )
    const result = draw('b3')
    expect(await clock.next()).toBe(2_000)
    expect(await result).toBe('b3.png')
    expect(asked).toEqual(['b3', 'b3'])
    expect(tracker.getTask(keyframe('b3'))).toMatchObject({ attempt: 2, maxAttempts: 2, outputUrl: 'b3.png' })
    expect(sink.statuses(keyframe('b3'))).toEqual(['processing', 'starting', 'processing', 'succeeded'])
  })

  it('tells who listens of its own steps alone', () => {
    const { tracker, script } = withBeats()
    const heard: string[] = []
    tracker.on('stepCompleted', ({ type }) => void heard.push(type))
    tracker.on('showCompleted', () => void heard.push('all'))
    tracker.subscribe(() => void heard.push('a change of the clips'), { showId, type: 'clip' })
    for (const beatId of beats) script.succeeded('keyframe', { beatId })
    script.succeeded('clip', { beatId: 'b1' }).succeeded('assembly')
    expect(heard).toEqual(['keyframe', 'a change of the clips', 'clip', 'assembly', 'all'])
  })

  it('is stale by its own patience', () => {
    const { script, tracker, clock } = withBeats()
    script.active('clip', { beatId: 'b1' }).active('zip').active('keyframe', { beatId: 'b1' })
    const stale = () =>
      tracker
        .getTasks({ showId })
        .filter((task) => isStale(task, clock.now(), storyboard))
        .map(({ type }) => type)
    clock.sleep(5_001)
    expect(stale()).toEqual(['zip'])
    clock.sleep(120_000)
    expect(stale().toSorted()).toEqual(['keyframe', 'zip'])
    clock.sleep(480_000)
    expect(stale()).toHaveLength(3)
  })

  it('goes through a whole simulated episode, on a bad day too', async () => {
    for (const seed of [1, 2, 3]) {
      const { view, calls, errors } = await simulate(storyboard, {
        seed,
        faults: usualFaults,
        items: { beat: 6 },
      })
      expect([seed, view.status, view.progress, errors]).toEqual([seed, 'succeeded', 100, []])
      const assembly = calls.find(({ type }) => type === 'assembly')!
      const clips = calls.filter(({ type, hasSucceeded }) => type === 'clip' && hasSucceeded)
      expect(clips.filter(({ endedAt }) => endedAt <= assembly.startedAt).length).toBeGreaterThanOrEqual(4)
      expect(view.step('clip').total).toBe(6)
    }
  })
})
