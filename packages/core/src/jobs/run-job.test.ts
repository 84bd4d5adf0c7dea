import { describe, expect, it, vi } from 'vitest'
import type { RunContext, RunOptions } from '../index.ts'
import type { Follow } from '../provider.ts'
import { followJob, type JobState, runJob, type StartJob } from './jobs.ts'
import { parseSnapshot } from '../schema/schema.ts'
import { createTestTracker } from '../test/test-tracker.ts'

const film = 'https://x.test/film.mp4'
const failed: JobState = { status: 'failed', error: { message: 'Blood is not allowed.', code: 'moderation' } }
const made: JobState = { status: 'done', outputUrl: film, metadata: { model: 'film-2' } }

/** A server whose jobs end as given, one after the other. Each is working when it is first asked. */
function setUp(...ends: readonly JobState[]) {
  const test = createTestTracker({ random: () => 0 })
  const paid: string[] = []
  const asked = new Set<string>()
  let prompt = 'A duel'
  const start = vi.fn(async (_run: RunContext) => ({ provider: 'ours', id: `job-${paid.push(prompt)}` }))
  const follow = followJob({
    read({ id }) {
      const isFirst = !asked.has(id)
      asked.add(id)
      return isFirst ? { status: 'working' } : ends[Number(id.slice(4)) - 1]!
    },
  })
  const soften = ({ lastError }: RunContext) => void (prompt = `${prompt}, without: ${lastError?.message}`)
  const show = test.tracker.show('s')
  const track = (options: RunOptions<object, unknown> = {}, of = runJob(follow, start)) =>
    show.track('trailer', of, options as object)
  const task = () => test.tracker.getTask({ showId: 's', type: 'trailer' })
  const { now } = test.clock
  return { ...test, now, show, paid, start, follow, soften, track, task }
}

describe('runJob', () => {
  it('posts, follows and gives the result, recorded with the task', async () => {
    const { track, clock, task, paid } = setUp(made)
    const result = track()
    await clock.advance(10_000)
    expect(await result).toEqual({ outputUrl: film, outputs: [film], metadata: { model: 'film-2' } })
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: film, metadata: { model: 'film-2' } })
    expect(paid).toHaveLength(1)
  })

  it('records the handle before anything waits for the job', async () => {
    const { track, task, clock } = setUp(made)
    const seen: unknown[] = []
    const start = async () => ({ provider: 'ours', id: 'j', url: 'https://x.test/j' })
    const follow: Follow = async () => void seen.push(task()?.job)
    void track({}, runJob(follow, start)).catch(() => {})
    await clock.advance(0)
    expect(seen).toEqual([{ provider: 'ours', id: 'j', url: 'https://x.test/j' }])
  })

  it('starts a job that failed again with another prompt, and pays once for each attempt', async () => {
    const { track, clock, task, paid, soften, sink } = setUp(failed, failed, made)
    const result = track({ retry: { attempts: 3, before: soften } })
    await clock.advance(60_000)
    expect((await result).outputUrl).toBe(film)
    const reason = 'without: Blood is not allowed.'
    expect(paid).toEqual(['A duel', `A duel, ${reason}`, `A duel, ${reason}, ${reason}`])
    expect(task()).toMatchObject({ status: 'succeeded', attempt: 3, job: { id: 'job-3' } })
    expect(sink.tasks.size).toBe(1)
  })

  it('tells the next start why the job failed, in the words and with the code of the provider', async () => {
    const { track, clock, start } = setUp(failed, made)
    const errors: unknown[] = []
    const told: StartJob = (run) => {
      errors.push(run.lastError)
      return start(run)
    }
    const result = track({ retry: { when: () => true } }, runJob(setUp(failed, made).follow, told))
    await clock.advance(60_000)
    await result
    expect(errors).toMatchObject([undefined, { message: 'Blood is not allowed.', code: 'moderation' }])
  })

  it('fails with the last job, as the provider says it', async () => {
    const { track, clock, task, paid, soften } = setUp(failed, failed)
    const result = expect(track({ retry: { attempts: 2, before: soften } })).rejects.toMatchObject({
      name: 'JobFailedError',
      message: 'Blood is not allowed.',
      code: 'moderation',
    })
    await clock.advance(60_000)
    await result
    expect(task()).toMatchObject({ status: 'failed', attempt: 2, error: { code: 'moderation' } })
    expect(paid).toHaveLength(2)
  })

  it('takes a response that is the whole work for the result', async () => {
    const { track, task } = setUp()
    const none: Follow = () => expect.unreachable('there is nothing to follow')
    const outputs = [film, 'https://x.test/2.mp4']
    expect(
      await track(
        {},
        runJob(none, () => ({ outputs })),
      ),
    ).toEqual({ outputUrl: film, outputs })
    expect(task()).toMatchObject({ status: 'succeeded', outputs })
  })

  it('gives the picture itself where the output is a data: URL, and records what it is', async () => {
    const { track, task } = setUp()
    const outputUrl = 'data:image/png;base64,AAAA'
    const none: Follow = () => expect.unreachable('there is nothing to follow')
    expect(
      await track(
        {},
        runJob(none, () => ({ outputUrl })),
      ),
    ).toMatchObject({ outputUrl })
    expect(task()?.outputUrl).toBeUndefined()
    expect(JSON.stringify(task()?.metadata)).toContain('image/png')
  })

  it('does not pay again for a job that succeeded without an address', async () => {
    const { track, clock, paid } = setUp({ status: 'done', metadata: { outputType: 'text' } }, made)
    const result = expect(track({ retry: { attempts: 3 } })).rejects.toThrow('needsOutput: false')
    await clock.advance(60_000)
    await result
    expect(paid).toHaveLength(1)
  })

  it('accepts a result without an address where that is asked for', async () => {
    const { track, clock, follow, start } = setUp({ status: 'done', metadata: { outputType: 'text' } })
    const result = track({}, runJob(follow, start, { needsOutput: false }) as never)
    await clock.advance(60_000)
    expect(await result).toEqual({ outputs: [], metadata: { outputType: 'text' } })
  })

  it.each([undefined, {}, { provider: 'ours', id: undefined }, { provider: 'ours', id: '' }] as never[])(
    'does not pay again for a job whose id is missing: %j',
    async (answer) => {
      const { track, clock, task, follow } = setUp(made)
      const start = vi.fn(async () => answer)
      const isOutput = JSON.stringify(answer) === '{}'
      const result = expect(track({ retry: { attempts: 3 } }, runJob(follow, start))).rejects.toMatchObject({
        name: isOutput ? 'JobFailedError' : 'JobLostError',
      })
      await clock.advance(60_000)
      await result
      expect(task()?.status).toBe(isOutput ? 'failed' : 'interrupted')
      expect(start).toHaveBeenCalledTimes(1)
    },
  )

  it('follows a job whose id is a number', async () => {
    const { track, clock, task } = setUp(made)
    const start = (async () => ({ provider: 'ours', id: 7 })) as unknown as StartJob
    const result = track({}, runJob(followJob({ read: () => made }), start))
    await clock.advance(0)
    await result
    expect(task()?.job).toEqual({ provider: 'ours', id: '7' })
  })

  it.each([404, 410])('does not start a job again that is lost: HTTP %i', async (status) => {
    const { track, clock, task, start } = setUp(made)
    const gone = followJob({ read: () => Promise.reject(Object.assign(new Error('gone'), { status })) })
    const result = expect(track({ retry: { attempts: 3 } }, runJob(gone, start))).rejects.toThrow(
      'Lost sight',
    )
    await clock.advance(60_000)
    await result
    expect(task()?.status).toBe('interrupted')
    expect(start).toHaveBeenCalledTimes(1)
  })

  it('does not lose a job that its server does not know for some seconds', async () => {
    const { track, clock, start, now } = setUp(made)
    const began = now()
    const follow = followJob({
      read() {
        if (now() - began < 10_000) throw Object.assign(new Error('No such job'), { status: 404 })
        return made
      },
    })
    const result = track({}, runJob(follow, start))
    await clock.advance(20_000)
    expect((await result).outputUrl).toBe(film)
    expect(start).toHaveBeenCalledTimes(1)
  })

  it('starts no further job once it is canceled, in a poll or in a pause', async () => {
    for (const end of [made, failed]) {
      const { track, clock, tracker, task, paid, soften } = setUp(end)
      const result = expect(track({ retry: { attempts: 3, before: soften } })).rejects.toThrow('enough')
      await clock.advance(end === made ? 100 : 3_100)
      tracker.cancel({ showId: 's' }, 'enough')
      await clock.advance(200_000)
      await result
      expect(task()?.status).toBe('canceled')
      expect(paid).toHaveLength(1)
    }
  })

  it('follows the last job after a reload, and starts nothing', async () => {
    const before = setUp(failed, made)
    void before.track({ retry: { attempts: 3, before: before.soften } }).catch(() => {})
    await before.clock.advance(4_000)
    expect(before.paid).toHaveLength(2)
    const { tracker, clock, task, start } = setUp()
    tracker.restore(parseSnapshot(JSON.stringify(before.tracker.serialize())))
    expect(tracker.resume({ ours: before.follow }).resumed).toHaveLength(1)
    await clock.advance(10_000)
    expect(task()).toMatchObject({ status: 'succeeded', attempt: 2, job: { id: 'job-2' }, outputUrl: film })
    expect(start).not.toHaveBeenCalled()
  })

  it('gives the output of a task that a webhook has finished', async () => {
    const { track, clock, tracker, task } = setUp({ status: 'working' })
    const result = track()
    await clock.advance(100)
    tracker.updateTask(task()!.id, { status: 'succeeded', outputUrl: film })
    await clock.advance(10_000)
    expect(await result).toEqual({ outputUrl: film, outputs: [film] })
  })

  it('reads the output of a task of which a webhook has said only that it is finished', async () => {
    const { track, clock, tracker, task } = setUp(made)
    const result = track()
    await clock.advance(100)
    tracker.updateTask(task()!.id, { status: 'succeeded' })
    expect(task()?.outputUrl).toBeUndefined()
    await clock.advance(10_000)
    expect((await result).outputUrl).toBe(film)
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: film, metadata: { model: 'film-2' } })
  })

  it('records what a follower of your own returns, also a failure', async () => {
    const { track, task, start } = setUp()
    const good: Follow = async () => ({ outputUrl: film })
    expect(await track({}, runJob(good, start))).toMatchObject({ outputUrl: film })
    expect(task()?.outputUrl).toBe(film)
    const bad: Follow = async () => ({ status: 'failed', error: 'no face' })
    await expect(track({}, runJob(bad, start))).rejects.toThrow('no face')
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'no face' } })
  })
})
