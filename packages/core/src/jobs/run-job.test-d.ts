import { describe, expectTypeOf, it } from 'vitest'
import { createTracker, type RunContext, showPipeline } from '../index.ts'
import { followJob, type JobResult, runJob } from './jobs.ts'

const show = createTracker({ pipeline: showPipeline }).show('s')
const follow = followJob({ read: () => ({ status: 'done' }) })
const start = async ({ signal, lastError }: RunContext) => {
  const answer = await fetch('/api/portraits', { method: 'POST', body: lastError?.message ?? '', signal })
  return { provider: 'ours', id: ((await answer.json()) as { jobId: string }).jobId }
}

describe('runJob', () => {
  it('gives the address of the output without a cast, in any step', () => {
    const calls = () => {
      expectTypeOf(show.track('trailer', runJob(follow, start))).resolves.toEqualTypeOf<JobResult>()
      const portrait = show.track('portrait', runJob(follow, start), { characterId: 'ada', retry: {} })
      expectTypeOf(portrait.then(({ outputUrl }) => outputUrl)).resolves.toEqualTypeOf<string>()
      const text = show.track('trailer', runJob(follow, start, { needsOutput: false }))
      expectTypeOf(text.then(({ outputUrl }) => outputUrl)).resolves.toEqualTypeOf<string | undefined>()
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('refuses a start that says neither what to follow nor what was made', () => {
    // @ts-expect-error -- the response is not the handle
    runJob(follow, () => fetch('/api/portraits'))
    // @ts-expect-error -- whose job?
    runJob(follow, () => ({ id: 'j' }))
    runJob(follow, () => ({ outputUrl: 'https://x.test/ada.png' }))
  })
})
