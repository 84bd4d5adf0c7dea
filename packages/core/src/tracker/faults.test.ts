// The faults that a real application's tracker had (field-notes.md), each met by its own situation.
import { describe, expect, it, vi } from 'vitest'
import { parseRecords, parseSnapshot } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import type { TaskRecord, TaskStatus } from '../records/task.ts'
import { deferred, taskOf } from '../testing.ts'
import { createTracker } from './tracker.ts'
import { isStale } from '../records/time.ts'

const minute = 60_000
const day = 24 * 60 * minute

function setup(by = 'me') {
  const clock = { now: 1_000_000_000 }
  let made = 0
  const tracker = createTracker({
    pipeline: showPipeline,
    clock: () => clock.now,
    createId: () => `${by}-${(made += 1)}`,
    by,
    schedule: () => () => {},
  })
  const task = (id: string) => tracker.getTask(id) as TaskRecord | undefined
  return { tracker, show: tracker.show('neon'), clock, task }
}

const reload = (tracker: ReturnType<typeof setup>['tracker'], by = 'reloaded') => {
  const next = setup(by)
  next.clock.now = tracker.now()
  next.tracker.restore(parseSnapshot(JSON.stringify(tracker.serialize())))
  return next
}

const cast = ['ada', 'bo', 'cy', 'di', 'ed', 'flo', 'gus']

describe('fault 1: every write dropped the finished tasks', () => {
  it('keeps all tasks of a whole run in the lists, the storage and after a reload', async () => {
    const { tracker, show, clock } = setup()
    await show.track('show-generation', async () => 1)
    await show.track('character-seeds', async () => 1)
    show.setCharacters(cast.slice(0, 3).map((id) => ({ id })))
    for (const type of ['character-dossier', 'portrait'] as const) {
      for (const characterId of cast.slice(0, 3)) await show.track(type, async () => 1, { characterId })
      clock.now += minute
    }
    for (const type of ['portrait-grid', 'library-poster', 'trailer'] as const)
      await show.track(type, async () => 1)
    expect(tracker.getTasks({ showId: 'neon' })).toHaveLength(11)
    expect(tracker.serialize().tasks).toHaveLength(11)
    const again = reload(tracker)
    expect(again.tracker.getTasks({ showId: 'neon' })).toHaveLength(11)
    expect(again.show.getPipeline()).toMatchObject({ status: 'succeeded', progress: 100, completedSteps: 7 })
  })

  it('lets them go by request or by their age, and by nothing else', () => {
    const { tracker, show, clock } = setup()
    show.track('trailer', () => 1)
    show.track('library-poster', () => 1)
    expect(tracker.dismiss({ showId: 'neon', type: 'trailer' })).toBe(1)
    expect(tracker.getTasks().map(({ type }) => type)).toEqual(['library-poster'])
    clock.now += day + 1
    expect(tracker.getTasks()).toEqual([])
    expect(show.getPipeline().step('library-poster').status).toBe('succeeded')
  })
})

describe('fault 2: a long trailer expired the moment it succeeded', () => {
  it('counts the age from the finish', async () => {
    const { tracker, show, clock } = setup()
    const { promise, resolve } = deferred()
    const call = show.track('trailer', () => promise)
    clock.now += 2 * day
    resolve(1)
    await call
    expect(tracker.getTasks()).toHaveLength(1)
    clock.now += day
    expect(tracker.getTasks()).toHaveLength(1)
    clock.now += 1
    expect(tracker.getTasks()).toEqual([])
  })
})

describe('fault 3: active tasks were deleted while the server still worked', () => {
  it('shows a silent task as stale, keeps it for as long as it takes, and revives it at the next sign of life', () => {
    const { tracker, show, clock, task } = setup()
    void show.track('trailer', () => new Promise(() => {}))
    clock.now += 20 * minute
    expect(isStale(task('me-1')!, clock.now)).toBe(false)
    clock.now += 1
    expect(isStale(task('me-1')!, clock.now)).toBe(true)
    clock.now += 40 * day
    expect(tracker.getTasks()).toHaveLength(1)
    expect(show.getPipeline().step('trailer').status).toBe('active')
    tracker.updateTask('me-1', { stage: 'still here' })
    expect(isStale(task('me-1')!, clock.now)).toBe(false)
  })
})

describe('fault 4: a retry replaced the metadata and lost the title', () => {
  it('merges patches', () => {
    const { show, task } = setup()
    show.track(
      'portrait',
      (run) => {
        run.update({ metadata: { model: 'flux' } })
        run.nextAttempt('content filter')
        run.update({ metadata: { prompt: 'softer', model: 'sdxl' } })
      },
      { characterId: 'ada', metadata: { title: 'Neon Noir' } },
    )
    expect(task('me-1')).toMatchObject({
      attempt: 2,
      metadata: { title: 'Neon Noir', model: 'sdxl', prompt: 'softer' },
    })
  })
})

describe('fault 5: a retry under another vendor id left the task processing', () => {
  it('is one task over all attempts, whatever the vendor calls them, and ends with the run', async () => {
    const { tracker, show, task } = setup()
    await show.track(
      'portrait',
      async (run) => {
        run.job({ provider: 'replicate', id: 'p1' })
        await Promise.resolve()
        run.nextAttempt('NSFW')
        run.job({ provider: 'replicate', id: 'p2' })
        await Promise.resolve()
        return { imageUrl: 'https://a.example/p2.png' }
      },
      { characterId: 'ada', result: ({ imageUrl }) => ({ outputUrl: imageUrl }) },
    )
    expect(tracker.getTasks()).toHaveLength(1)
    expect(task('me-1')).toMatchObject({
      status: 'succeeded',
      attempt: 2,
      job: { id: 'p2' },
      outputUrl: 'https://a.example/p2.png',
    })
    expect(show.getPipeline().active).toBe(0)
  })
})

describe('fault 6: a removal meant for the old run deleted the new one', () => {
  it('removes one run by its own id, which is never used again', () => {
    const { tracker, show, task } = setup()
    show.track('trailer', () => 1)
    const remove = () => tracker.dismiss('me-1')
    void show.track('trailer', () => new Promise(() => {}))
    expect(remove()).toBe(1)
    expect(task('me-2')?.status).toBe('processing')
    expect(show.getPipeline().step('trailer')).toMatchObject({ status: 'active', total: 1 })
    const errors: Error[] = []
    tracker.on('error', ({ error }) => errors.push(error))
    expect(tracker.addTask({ id: 'me-1', type: 'trailer', showId: 'neon' })).toBeUndefined()
    expect(errors[0]?.message).toMatch(/"me-1" is known already/)
  })

  it('does not remove what is being worked on', () => {
    const { tracker, show } = setup()
    void show.track('trailer', () => new Promise(() => {}))
    expect([tracker.dismiss('me-1'), tracker.dismiss({ showId: 'neon' })]).toEqual([0, 0])
  })
})

describe('fault 7: a data URL of 260 kB was stored and parsed each second', () => {
  const grid = `data:image/png;base64,${'A'.repeat(260_000)}`

  it('describes it and stores it nowhere, and gives it to the caller untouched', async () => {
    const { tracker, show, task } = setup()
    const got = await show.track('portrait-grid', async () => ({ url: grid }), {
      result: ({ url }) => ({ outputUrl: url, outputs: [url], metadata: { again: url, deep: [{ url }] } }),
    })
    expect(got.url).toBe(grid)
    expect(task('me-1')).toMatchObject({
      status: 'succeeded',
      metadata: { again: '[image/png, 195000 bytes]', output: [{ type: 'image/png', bytes: 195_000 }, {}] },
    })
    tracker.updateTask('me-1', { error: grid, stage: grid, job: { provider: 'p', id: 'j', url: grid } })
    show.setTitle(grid)
    show.setCharacters([{ id: 'ada', name: grid }])
    expect(JSON.stringify(tracker.serialize()).length).toBeLessThan(2_000)
  })
})

describe('fault 11: a late answer of the old run was applied after a restart', () => {
  it.each(['resolve', 'reject'] as const)(
    'lets nothing that the old run does reach the new one: %s',
    async (end) => {
      const { show, task } = setup()
      const [old, fresh] = [deferred(), deferred()]
      const first = show.track('trailer', async (run) => {
        const answer = await old.promise.finally(() => {
          run.progress(99)
          run.stage('late')
          run.job({ provider: 'p', id: 'old' })
          run.nextAttempt('late')
          run.update({ status: 'succeeded', outputUrl: 'https://a.example/old.mp4' })
        })
        return answer
      })
      const second = show.track('trailer', () => fresh.promise, { onConflict: 'supersede' })
      const [canceled, running] = [task('me-1'), task('me-2')]
      old[end](new Error('late'))
      await Promise.allSettled([first])
      expect([task('me-1'), task('me-2')]).toEqual([canceled, running])
      expect(canceled?.status).toBe('canceled')
      expect(show.getPipeline().step('trailer')).toMatchObject({ status: 'active', progress: 0 })
      fresh.resolve('new')
      expect(await second).toBe('new')
      expect(show.getPipeline().step('trailer').status).toBe('succeeded')
    },
  )
})

describe('fault 12: cancel during the pause before a retry did nothing', () => {
  it('ends the run: nothing that follows counts, and the next call is never made', async () => {
    const { tracker, show, task } = setup()
    const pause = deferred<void>()
    const paid = vi.fn(() => Promise.reject(new Error('rate limit')))
    const call = show.track(
      'portrait',
      async ({ signal, nextAttempt, attempt }) => {
        for (;;) {
          try {
            return await paid()
          } catch (error) {
            if (attempt > 5) throw error
            nextAttempt(error)
            await pause.promise
            signal.throwIfAborted()
          }
        }
      },
      { characterId: 'ada' },
    )
    await Promise.resolve()
    await Promise.resolve()
    expect(task('me-1')).toMatchObject({ status: 'processing', attempt: 2, stage: 'rate limit' })
    expect(tracker.cancel({ showId: 'neon', type: 'portrait', characterId: 'ada' }, 'enough')).toBe(1)
    const canceled = task('me-1')
    pause.resolve()
    await expect(call).rejects.toMatchObject({ name: 'CanceledError', message: 'enough' })
    expect(paid).toHaveBeenCalledTimes(1)
    expect(task('me-1')).toBe(canceled)
    expect(canceled).toMatchObject({ status: 'canceled', attempt: 2, error: { message: 'enough' } })
    expect(tracker.getTasks()).toHaveLength(1)
  })

  it('counts nothing of a function that goes on regardless', async () => {
    const { tracker, show, task } = setup()
    const pause = deferred<void>()
    const call = show.track('trailer', async ({ nextAttempt, progress }) => {
      nextAttempt('stuck')
      await pause.promise
      nextAttempt('stuck again')
      progress(50)
      return 'paid for in vain'
    })
    tracker.cancel({ showId: 'neon' })
    const canceled = task('me-1')
    pause.resolve()
    expect(await call).toBe('paid for in vain')
    expect(task('me-1')).toBe(canceled)
  })
})

describe("fault 13: the aborted run's error handler reset the new run", () => {
  it('writes to its own task alone', async () => {
    const { show, task } = setup()
    const first = show.track(
      'trailer',
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        }),
    )
    void show.track('trailer', () => new Promise(() => {}), { onConflict: 'supersede' })
    const running = task('me-2')
    await expect(first).rejects.toMatchObject({ name: 'CanceledError' })
    expect(task('me-2')).toBe(running)
    expect(running?.status).toBe('processing')
    // A cancel that the old run's owner sends late does not reach the new run either.
    expect(show.getPipeline().step('trailer').task()?.id).toBe('me-2')
  })
})

describe('fault 17: portraits of one show were saved in another', () => {
  it('keeps every result with the show that asked, whatever show is on screen when it arrives', async () => {
    const { tracker } = setup()
    const [a, b] = [deferred<string>(), deferred<string>()]
    const paint = (showId: string, promise: Promise<string>) =>
      tracker.show(showId).track('portrait', () => promise, {
        characterId: 'ada',
        result: (outputUrl) => ({ outputUrl }),
      })
    const first = paint('a', a.promise)
    const second = paint('b', b.promise)
    const saved: [string, string | undefined][] = []
    tracker.on('taskFinished', ({ task }) => saved.push([task.showId, task.outputUrl]))
    b.resolve('https://a.example/b.png')
    await second
    a.resolve('https://a.example/a.png')
    await first
    expect(saved).toEqual([
      ['b', 'https://a.example/b.png'],
      ['a', 'https://a.example/a.png'],
    ])
    for (const id of ['a', 'b']) {
      expect(tracker.getPipeline(id).step('portrait').task('ada')?.outputUrl).toBe(
        `https://a.example/${id}.png`,
      )
    }
  })
})

describe('fault 18: what the steps showed was wrong', () => {
  const portrait = (tracker: ReturnType<typeof setup>['tracker']) =>
    tracker.getPipeline('neon').step('portrait')

  it('shows no check mark for two of seven', () => {
    const { tracker, show } = setup()
    show.setCharacters(cast.map((id) => ({ id })))
    for (const characterId of cast.slice(0, 2)) show.track('portrait', () => 1, { characterId })
    expect(portrait(tracker)).toMatchObject({ status: 'pending', completed: 2, total: 7, progress: 28 })
  })

  it('shows no bar over 100 %, however often and for whomever the work is done', () => {
    const { tracker, show } = setup()
    show.setCharacters([{ id: 'ada' }])
    for (const characterId of ['ada', 'ada', 'ada', 'stranger', 'bo'])
      show.track('portrait', () => 1, { characterId })
    expect(portrait(tracker)).toMatchObject({ status: 'succeeded', completed: 1, total: 1, progress: 100 })
  })

  it('lets the newest run win over the oldest, in any order of arrival', () => {
    const { tracker, show } = setup()
    show.setCharacters([{ id: 'ada' }])
    const item = { showId: 'neon', characterId: 'ada' }
    const run = (id: string, startedAt: number, status: TaskStatus) =>
      taskOf({ id, ...item, status, startedAt, updatedAt: 900_000_000, by: 'you' })
    tracker.merge(parseRecords({ tasks: [run('new', 2, 'failed'), run('old', 1, 'succeeded')] }))
    const [slot] = portrait(tracker).slots
    expect(slot).toMatchObject({ status: 'failed', done: true, task: { id: 'new' }, result: { id: 'old' } })
  })

  it("does not hide a run that is going on behind the database's done", () => {
    const { tracker, show, clock } = setup()
    show.setFacts({ done: { portrait: ['ada'], trailer: true } })
    void show.track('portrait', ({ progress }) => (progress(50), new Promise(() => {})), {
      characterId: 'ada',
    })
    clock.now += 1_000
    show.setFacts({ done: { portrait: ['ada'], trailer: true } })
    expect(portrait(tracker)).toMatchObject({ status: 'active', active: 1, completed: 1 })
    expect(portrait(tracker).slots[0]).toMatchObject({ status: 'active', progress: 50 })
  })

  it('shows the text of every error', () => {
    const { tracker, show } = setup()
    show.setCharacters(cast.slice(0, 2).map((id) => ({ id })))
    for (const characterId of cast.slice(0, 2)) {
      const call = () =>
        show.track(
          'portrait',
          () => {
            throw new Error(`${characterId} is not safe for work`)
          },
          { characterId },
        )
      expect(call).toThrow('not safe')
    }
    expect(portrait(tracker).errors).toEqual([
      { taskId: 'me-1', characterId: 'ada', message: 'ada is not safe for work' },
      { taskId: 'me-2', characterId: 'bo', message: 'bo is not safe for work' },
    ])
  })

  it('counts what was canceled', () => {
    const { tracker, show } = setup()
    show.setCharacters(cast.slice(0, 2).map((id) => ({ id })))
    for (const characterId of cast.slice(0, 2))
      void show.track('portrait', () => new Promise(() => {}), { characterId })
    show.cancel()
    expect(portrait(tracker)).toMatchObject({
      status: 'pending',
      canceled: 2,
      active: 0,
      completed: 0,
      total: 2,
    })
  })
})

describe('fault 21: the ticking clock rendered everything anew each second', () => {
  it('gives the same view, and the same answers of it, as the clock moves on', () => {
    const { tracker, show, clock } = setup()
    void show.track('trailer', () => new Promise(() => {}))
    const view = show.getPipeline()
    const read = () => [
      view.startedAt,
      view.completedAt,
      JSON.stringify(view),
      view.step('trailer').startedAt,
    ]
    const before = read()
    const list = tracker.getPipelines()
    const [heard, everything] = [vi.fn(), vi.fn()]
    tracker.subscribe(heard, { showId: 'neon' })
    tracker.subscribe(everything)
    for (let second = 0; second < 3_600; second += 1) {
      clock.now += 1_000
      expect(show.getPipeline()).toBe(view)
    }
    expect(read()).toEqual(before)
    expect(tracker.getPipelines()).toBe(list)
    expect([heard, everything].map((spy) => spy.mock.calls.length)).toEqual([0, 0])
  })

  it("calls no listener of a step when another step changes, and keeps that step's view", () => {
    const { tracker, show } = setup()
    show.setTitle('Neon Noir')
    const heard = { trailer: vi.fn(), poster: vi.fn(), show: vi.fn(), other: vi.fn(), all: vi.fn() }
    tracker.subscribe(heard.trailer, { showId: 'neon', type: 'trailer' })
    tracker.subscribe(heard.poster, { showId: 'neon', type: 'library-poster' })
    tracker.subscribe(heard.show, { showId: 'neon' })
    tracker.subscribe(heard.other, { showId: 'other' })
    tracker.subscribe(heard.all)
    void show.track('library-poster', () => new Promise(() => {}))
    const poster = show.getPipeline().step('library-poster')
    const calls = () => Object.values(heard).map((spy) => spy.mock.calls.length)
    expect(calls()).toEqual([0, 1, 1, 0, 1])
    show.track('trailer', ({ progress }) => progress(5))
    expect(calls()).toEqual([3, 1, 4, 0, 4])
    expect(show.getPipeline().step('library-poster')).toBe(poster)
  })
})
