import { describe, expect, it, vi } from 'vitest'
import { createFakeClock } from './test/fake-clock.ts'
import { record, replay } from './replay.ts'
import { showPipeline } from './records/show-pipeline.ts'
import { quiet, taskOf } from './testing.ts'
import { createTracker } from './tracker/tracker.ts'

/** The recording of a show that takes a minute. */
function recorded(options?: Parameters<typeof record>[0]) {
  let now = 1_000_000
  const recording = record(options)
  const tracker = createTracker({ pipeline: showPipeline, clock: () => now, sinks: [recording], by: 'then' })
  const show = tracker.show('s')
  show.setTitle('Neon Noir')
  show.setCharacters([{ id: 'ada', name: 'Ada' }])
  show.track('show-generation', () => 'done')
  now += 10_000
  tracker.addTask({ id: 'p', showId: 's', type: 'portrait', characterId: 'ada', status: 'processing' })
  now += 20_000
  tracker.updateTask('p', { progress: 50, stage: 'up\u2028scaling' })
  now += 30_000
  tracker.updateTask('p', { status: 'succeeded', outputUrl: 'https://x.test/p.png?sig=1' })
  tracker.addTask({ id: 'gone', showId: 's', type: 'trailer', status: 'failed' })
  tracker.dismiss('gone')
  return { tracker, recording }
}

describe('replay', () => {
  it('ends in the recorded state', async () => {
    const { tracker, recording } = recorded()
    for (const lines of [recording.lines, recording.lines.join('\n')]) {
      const played = replay(lines, { pipeline: showPipeline, speed: Infinity })
      expect(await played.done).toEqual({ rejected: 0 })
      expect({ ...played.tracker.serialize(), savedAt: 0 }).toEqual({ ...tracker.serialize(), savedAt: 0 })
      expect(played.progress()).toBe(1)
    }
  })

  it('splits a gap of more than 24.8 days into durations that a timer supports', async () => {
    const clock = createFakeClock()
    const longest: number[] = []
    const at = Date.UTC(2026, 0)
    const line = (id: string, updatedAt: number) =>
      JSON.stringify({
        at: updatedAt,
        origin: 'local',
        tasks: [taskOf({ id, startedAt: at, updatedAt })],
        shows: [],
      })
    const { tracker, done } = replay([line('a', at), line('b', at + 60 * 86_400_000)], {
      pipeline: showPipeline,
      clock: clock.now,
      schedule(callback, ms) {
        longest.push(ms)
        return clock.schedule(callback, ms)
      },
    })
    await clock.advance(60 * 86_400_000 - 1)
    expect(tracker.getTask('b')).toBeUndefined()
    await clock.advance(1)
    expect(tracker.getTask('b')).toBeDefined()
    await done
    expect(Math.max(...longest)).toBe(2_147_483_647)
    expect(longest).toHaveLength(4)
  })

  it('replays with the original timing at the given speed, with its own clock', async () => {
    const clock = createFakeClock()
    const { tracker, done, progress } = replay(recorded().recording.lines, {
      pipeline: showPipeline,
      speed: 10,
      clock: clock.now,
      schedule: clock.schedule,
    })
    const completed: string[] = []
    tracker.on('stepCompleted', ({ type }) => completed.push(type))
    const portrait = () => tracker.getPipeline('s').step('portrait')
    await clock.advance(0)
    expect(tracker.getPipeline('s').title).toBe('Neon Noir')
    expect(completed).toEqual(['show-generation'])
    expect(portrait().status).toBe('pending')
    await clock.advance(999)
    expect(portrait().status).toBe('pending')
    await clock.advance(1)
    expect(portrait()).toMatchObject({ status: 'active', progress: 0 })
    expect(tracker.now()).toBe(1_010_000)
    await clock.advance(2_000)
    expect(portrait()).toMatchObject({ progress: 50 })
    expect(progress()).toBeGreaterThan(0.5)
    await clock.advance(3_000)
    expect(portrait().status).toBe('succeeded')
    expect(completed).toEqual(['show-generation', 'portrait'])
    expect(await done).toEqual({ rejected: 0 })
    expect(clock.pending).toBe(0)
    // The clock stops at the end of the recording.
    await clock.advance(1_000_000)
    expect(tracker.now()).toBe(1_060_000)
  })

  it('can be stopped', async () => {
    const clock = createFakeClock()
    const { tracker, done, stop } = replay(recorded().recording.lines, {
      pipeline: showPipeline,
      clock: clock.now,
      schedule: clock.schedule,
    })
    await clock.advance(10_000)
    stop()
    expect(await done).toEqual({ rejected: 0 })
    await clock.advance(100_000)
    expect(tracker.getPipeline('s').step('portrait').status).toBe('active')
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['is asynchronous and rejects', () => Promise.reject(new Error('no timers'))],
    [
      'throws',
      () => {
        throw new Error('no timers')
      },
    ],
  ])('ends and reports it when `schedule` %s', async (_how, schedule) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const { tracker, done } = replay(recorded().recording.lines, {
      pipeline: showPipeline,
      schedule: schedule as never,
    })
    expect(await done).toEqual({ rejected: 0 })
    expect(tracker.getTasks()).toEqual([])
    await quiet()
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/no timers|Invalid "schedule"/))
    warn.mockRestore()
  })

  it('ends and reports it when a later timer fails', async () => {
    const clock = createFakeClock()
    let timers = 0
    const { tracker, done } = replay(recorded().recording.lines, {
      pipeline: showPipeline,
      clock: clock.now,
      schedule(callback, ms) {
        if ((timers += 1) > 1) throw new Error('no timers')
        return clock.schedule(callback, ms)
      },
    })
    const errors: string[] = []
    tracker.on('error', ({ error }) => errors.push(error.message))
    await clock.advance(0)
    expect(await done).toEqual({ rejected: 0 })
    expect(errors).toEqual(['no timers'])
  })

  it('fires the events of live changes, also with infinite speed', async () => {
    const { tracker, done } = replay(recorded().recording.lines, { pipeline: showPipeline, speed: Infinity })
    const completed: string[] = []
    tracker.on('stepCompleted', ({ type }) => completed.push(type))
    await done
    expect(completed).toEqual(['show-generation', 'portrait'])
  })

  it('skips lines that cannot be read, and counts them', async () => {
    const { tracker, recording } = recorded()
    const [first, ...rest] = recording.lines
    const bad = [
      'no JSON',
      '{"tasks":[]}',
      '{"at":1000000,"tasks":[{"id":""}],"shows":[]}',
      '{"at":1000000,"tasks":7}',
      '',
    ]
    const played = replay([first!, ...bad, ...rest], { pipeline: showPipeline, speed: Infinity })
    expect(await played.done).toEqual({ rejected: 4 })
    expect(played.tracker.serialize().tasks).toEqual(tracker.serialize().tasks)
    expect(await replay('', { pipeline: showPipeline }).done).toEqual({ rejected: 0 })
  })

  it.each([0, -1, Number.NaN])('refuses the speed %d', (speed) => {
    expect(() => replay([], { pipeline: showPipeline, speed })).toThrow('expected a number above 0')
  })
})

describe('record', () => {
  it('keeps each change as one line that is safe to print', () => {
    const { recording } = recorded()
    for (const line of recording.lines) expect(line).not.toMatch(/[\n\r\u2028]/)
    expect(recording.lines.length).toBe(9)
  })

  it('keeps the last lines up to its limit, and counts the dropped ones', () => {
    const { recording } = recorded({ maxLines: 4 })
    expect(recording.lines).toHaveLength(4)
    expect(recording.dropped).toBe(5)
  })

  it.each([0, Number.NaN, '9'])('refuses %s as its limit', (maxLines) => {
    expect(() => record({ maxLines: maxLines as number })).toThrow(
      'Invalid maxLines: expected a number from 1',
    )
  })
})
