import { CallsheetError } from '../records/errors.ts'
import { describe, expect, it } from 'vitest'
import { definePipeline } from '../records/pipeline.ts'
import { parseRecords } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { simulate, type SimulateOptions, usualFaults } from './simulate.ts'
import { createTestTracker } from './test-tracker.ts'
import { createTracker } from '../tracker/tracker.ts'

const bad: SimulateOptions = { faults: usualFaults }
const worst: SimulateOptions = {
  faults: { fail: 0.2, rateLimit: 0.2, hang: 0.2, cancel: 0.2, interrupt: 0.2, duplicate: 0.5, reorder: 0.5 },
}

describe('simulate', () => {
  it('completes a whole show without faults, with one call for each slot', async () => {
    const { view, calls, clock, errors, tracker, lines } = await simulate(showPipeline)
    expect(view).toMatchObject({ status: 'succeeded', progress: 100, completedSteps: 8, totalSteps: 8 })
    expect(view).toBe(tracker.getPipeline('show'))
    expect(calls).toHaveLength(5 + 3 * 3)
    expect(calls.every(({ hasSucceeded, attempt }) => hasSucceeded && attempt === 1)).toBe(true)
    expect(new Set(calls.map(({ type, characterId }) => `${type} ${characterId}`)).size).toBe(calls.length)
    expect(clock.now() - Date.UTC(2026, 0, 1)).toBeGreaterThan(60_000)
    expect([clock.pending, errors]).toEqual([0, []])
    const tasks = lines.flatMap((line) => line.tasks)
    expect(tasks.some((task) => 'job' in task)).toBe(true)
    expect(new Set(tasks.map((task) => 'stage' in task && task.stage)).size).toBeGreaterThan(3)
  })

  it('begins no slot before its prerequisites are done', async () => {
    const { calls } = await simulate(showPipeline, bad)
    for (const { type, characterId, startedAt } of calls) {
      const step = showPipeline.steps[showPipeline.indexOf(type)!]!
      for (const before of step.after) {
        const ends = calls.filter(
          (one) =>
            one.type === before &&
            one.hasSucceeded &&
            (characterId === undefined || one.characterId === undefined || one.characterId === characterId),
        )
        expect(ends.length).toBeGreaterThan(0)
        expect(ends.every(({ endedAt }) => endedAt <= startedAt)).toBe(true)
      }
    }
  })

  it('keeps its concurrency', async () => {
    const most = async (concurrency: number) => {
      const { calls } = await simulate(showPipeline, { concurrency, characters: 8 })
      return Math.max(
        ...calls.map(({ startedAt: at }) => calls.filter((c) => c.startedAt <= at && at < c.endedAt).length),
      )
    }
    expect([await most(1), await most(3)]).toEqual([1, 3])
    expect(await most(100)).toBeGreaterThanOrEqual(8)
  })

  it('writes the same records for the same seed, byte for byte, and others for another', async () => {
    const run = async (seed: number | string) => {
      const { lines, delivered, calls, view } = await simulate(showPipeline, { ...bad, seed })
      return JSON.stringify({ lines, delivered, calls, view })
    }
    for (const seed of [1, 2, 'neon-noir']) expect(await run(seed)).toBe(await run(seed))
    expect(await run(1)).not.toBe(await run(2))
  })

  it('always ends, without pending timers or unhandled rejections', async () => {
    const rejections: unknown[] = []
    const listen = (reason: unknown) => void rejections.push(reason)
    process.on('unhandledRejection', listen)
    const met = new Set<string>()
    const ends = new Set<string>()
    for (let seed = 0; seed < 200; seed += 1) {
      const faults = seed % 4 === 0 ? bad : worst
      const { clock, errors, view, calls } = await simulate(showPipeline, { ...faults, seed, characters: 2 })
      expect([seed, clock.pending, view.active, errors]).toEqual([seed, 0, 0, []])
      for (const { fault } of calls) if (fault) met.add(fault)
      ends.add(view.status)
    }
    await new Promise((resolve) => void setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(rejections).toEqual([])
    expect([...met].toSorted()).toEqual(['cancel', 'fail', 'hang', 'interrupt', 'rateLimit'])
    expect([...ends].toSorted()).toEqual(['failed', 'pending', 'succeeded'])
  })

  it.each([
    ['fail', 'failed', /overloaded|fetch failed|flagged/],
    ['rateLimit', 'failed', /Too many requests/],
    ['hang', 'failed', /took longer than 120000 ms/],
    ['cancel', 'canceled', /canceled by the simulation/],
  ] as const)('gives a slot up where every call meets %s', async (fault, status, message) => {
    const { calls, view, tracker } = await simulate(showPipeline, { faults: { [fault]: 1 }, again: 1 })
    expect(calls.every((call) => call.fault === fault && !call.hasSucceeded)).toBe(true)
    expect(view.completedSteps).toBe(0)
    const tasks = tracker.getTasks()
    expect(tasks).toHaveLength(2)
    for (const task of tasks) {
      expect(task).toMatchObject({ type: 'show-generation', status })
      expect(task.error?.message).toMatch(message)
    }
  })

  it('retries temporary failures up to the number of attempts', async () => {
    const options = { faults: { rateLimit: 1 }, attempts: 4, again: 2 }
    const { calls, sink } = await simulate(showPipeline, options)
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
    expect(sink.last('task-1')).toMatchObject({ attempt: 4, maxAttempts: 4, error: { httpStatus: 429 } })
  })

  it('interrupts calls that continue and succeed', async () => {
    const { sink, view } = await simulate(showPipeline, { faults: { interrupt: 1 } })
    expect(view.status).toBe('succeeded')
    const histories = [...sink.tasks.keys()].map((id) => sink.statuses(id))
    expect(histories.every((statuses) => statuses.includes('interrupted'))).toBe(true)
    expect(
      histories.some((statuses) => statuses.lastIndexOf('processing') > statuses.indexOf('interrupted')),
    ).toBe(true)
  })

  it('returns lines from which a replica has the same show, in any delivery', async () => {
    const { tracker, lines, delivered } = await simulate(showPipeline, { ...worst, seed: 5 })
    expect(delivered.length).toBeGreaterThan(lines.length)
    expect(new Set(delivered)).toEqual(new Set(lines))
    expect([...new Set(delivered)]).not.toEqual(lines)
    const clean = await simulate(showPipeline)
    expect(clean.delivered).toEqual(clean.lines)
    const replica = createTestTracker({ start: tracker.now() })
    for (const line of delivered) expect(replica.tracker.merge(parseRecords(line)).rejected).toEqual([])
    const byId = (from: typeof tracker) => Object.fromEntries(from.serialize().tasks.map((t) => [t.id, t]))
    expect(byId(replica.tracker)).toEqual(byId(tracker))
    expect(replica.tracker.serialize().shows).toEqual(tracker.serialize().shows)
  })

  it('begins at the given start, so that a tracker with a real clock accepts its lines', async () => {
    const { view, lines } = await simulate(showPipeline, { start: Date.now() })
    const replica = createTracker({ pipeline: showPipeline })
    for (const line of lines) expect(replica.merge(parseRecords(line)).rejected).toEqual([])
    expect(replica.getPipeline('show').progress).toBe(view.progress)
  })

  it('ends for any number of new tasks', async () => {
    const { calls } = await simulate(showPipeline, { faults: { cancel: 1 }, again: Infinity })
    expect(calls).toHaveLength(101)
  })

  it('draws a call from its slot only, independent of other items', async () => {
    const durations = async (characters: string[]) => {
      const { calls } = await simulate(showPipeline, { characters, concurrency: 100 })
      return calls.filter(({ characterId }) => characterId === 'ada').map((c) => c.endedAt - c.startedAt)
    }
    expect(await durations(['ada', 'bo'])).toEqual(await durations(['ada']))
  })

  it('runs any pipeline, with its own items and without any', async () => {
    const scenes = definePipeline({
      id: 'scenes',
      steps: [
        { type: 'take', label: 'Takes', per: 'scene', stallAfter: 600_000 },
        { type: 'cut', label: 'Cut', per: 'show', after: [{ type: 'take', atLeast: 2 }] },
      ],
    })
    const { view, calls, tracker } = await simulate(scenes, { showId: 's', characters: 2 })
    expect(view).toMatchObject({ showId: 's', status: 'succeeded' })
    expect(view.items).toEqual({ scene: [{ id: 'scene-1' }, { id: 'scene-2' }] })
    expect(tracker.has({ showId: 's', type: 'take', sceneId: 'scene-2' }, 'done')).toBe(true)
    const [take] = calls
    expect(take!.endedAt - take!.startedAt).toBeGreaterThan(60_000 / 5)
    const plain = definePipeline({ id: 'plain', steps: [{ type: 'one', label: 'One', per: 'show' }] })
    const simple = await simulate(plain)
    expect(simple.view).toMatchObject({ status: 'succeeded', characters: [] })
  })

  it('refuses invalid rates', async () => {
    await expect(simulate(showPipeline, { faults: { fail: 2 } })).rejects.toThrow(
      'invalid faults.fail: expected 0 to 1, got 2',
    )
    await expect(simulate(showPipeline, { faults: { hang: Number.NaN } })).rejects.toThrow(CallsheetError)
    await expect(simulate(showPipeline, { faults: { fail: 0.7, cancel: 0.7 } })).rejects.toThrow(
      'add up to at most 1, got 1.4',
    )
  })
})
