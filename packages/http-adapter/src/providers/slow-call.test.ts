import { runJob } from '@callsheet/core/jobs'
import type { RunContext } from '@callsheet/core'
import { createFalClient } from '@fal-ai/client'
import RunwayML from '@runwayml/sdk'
import Replicate from 'replicate'
import { describe, expect, it, onTestFinished } from 'vitest'
import { resend } from '../index.ts'
import type { Provider } from '../jobs/provider.ts'
import type { Fetch } from '../route/request.ts'
import { clientOf as googleOf, headers as googleHeaders } from '../testing/google-uses.ts'
import { openPage } from '../testing/open-page.ts'
import { type FalState, startFalServer } from '../testing/servers/fal-server.ts'
import type { InteractionState } from '../testing/servers/google-bodies.ts'
import { startGoogleServer } from '../testing/servers/google-server.ts'
import { type JobBody, startJobServer } from '../testing/servers/job-server.ts'
import type { LocalServer } from '../testing/servers/local-server.ts'
import { type PredictionState, startReplicateServer } from '../testing/servers/replicate-server.ts'
import { type RunwayState, secret, startRunwayServer } from '../testing/servers/runway-server.ts'
import type { ScriptedJobs } from '../testing/servers/scripted-jobs.ts'
import { until } from '../testing/until.ts'
import { fal } from './fal.ts'
import { google } from './google.ts'
import { jsonJob } from './json-job.ts'
import { replicate } from './replicate.ts'
import { runway } from './runway.ts'

const picture = 'https://files.test/ada.png'
const jobs = 'https://shows.example/api/jobs'
const sentence = 'Blood is not allowed by the content policy.'
const softer = ({ lastError }: RunContext) => `softer, for: ${lastError?.message}`

interface Case<State> {
  readonly start: () => Promise<LocalServer & Pick<ScriptedJobs<State>, 'all' | 'set'>>
  /** The endpoint that is paid for. */
  readonly paid: string
  readonly provider: () => Provider
  readonly failed: State
  readonly made: State
  /** Posts by the provider's own client, and returns the job's id. */
  readonly post: (fetch: Fetch, prompt: string) => Promise<string>
  readonly bodyOf: (prompt: string) => object
  /** The prompt in what the server has received. */
  readonly promptIn: (input: unknown) => string
  /** Where the provider keeps the job. */
  readonly urlOf?: (id: string) => string
}

const ofReplicate: Case<PredictionState> = {
  start: () => startReplicateServer([{ status: 'starting' }]),
  paid: 'create',
  provider: () => replicate({ interval: 5, headers: { authorization: 'Bearer r8_test' } }),
  failed: { status: 'failed', error: sentence },
  made: { status: 'succeeded', output: [picture] },
  async post(fetch, prompt) {
    const client = new Replicate({ auth: 'r8_test', fetch })
    const input = { prompt }
    return (await client.predictions.create({ model: 'acme/painter', input, wait: false })).id
  },
  bodyOf: (prompt) => ({ input: { prompt } }),
  promptIn: (input) => (input as { prompt: string }).prompt,
}

const ofFal: Case<FalState> = {
  start: () => startFalServer([{ status: 'IN_QUEUE' }]),
  paid: 'submit',
  provider: () => fal({ interval: 5, headers: { authorization: 'Key key:test' } }),
  failed: {
    status: 'COMPLETED',
    result: { status: 422, body: { detail: [{ msg: sentence, type: 'content_policy_violation' }] } },
  },
  made: { status: 'COMPLETED', result: { status: 200, body: { images: [{ url: picture }] } } },
  async post(fetch, prompt) {
    const client = createFalClient({ credentials: 'key:test', fetch })
    return (await client.queue.submit('fal-ai/painter', { input: { prompt } })).request_id
  },
  bodyOf: (prompt) => ({ prompt }),
  promptIn: (input) => (input as { prompt: string }).prompt,
  urlOf: (id) => `https://queue.fal.run/fal-ai/painter/requests/${id}`,
}

const ofRunway: Case<RunwayState> = {
  start: () => startRunwayServer([{ status: 'PENDING' }]),
  paid: 'create',
  provider: () => runway({ interval: 5, headers: { authorization: `Bearer ${secret}` } }),
  failed: { status: 'FAILED', failure: sentence, failureCode: 'SAFETY.INPUT.TEXT' },
  made: { status: 'SUCCEEDED', output: [picture] },
  async post(fetch, promptText) {
    const client = new RunwayML({ apiKey: secret, fetch })
    return (await client.textToImage.create({ model: 'gen4_image', promptText, ratio: '1920:1080' })).id
  },
  bodyOf: (promptText) => ({ model: 'gen4_image', promptText, ratio: '1920:1080' }),
  promptIn: (input) => (input as { promptText: string }).promptText,
}

const model = 'gemini-omni-1.2-flash'
const ofGoogle: Case<InteractionState> = {
  async start() {
    const server = await startGoogleServer({ interactions: [{ status: 'queued' }] })
    return { ...server, ...server.interactions }
  },
  paid: 'interactions',
  provider: () => google({ interval: 5, headers: googleHeaders }),
  failed: { status: 'failed', errors: [{ code: 'safety', message: sentence }] },
  made: { status: 'completed', content: [{ type: 'image', uri: picture }] },
  post: async (fetch, input) =>
    (await googleOf(fetch).interactions.create({ model, input, background: true })).id,
  bodyOf: (input) => ({ model, input, background: true }),
  promptIn: (input) => (input as { input: string }).input,
  urlOf: (id) => `https://generativelanguage.googleapis.com/v1/interactions/${id}`,
}

const ofOwn: Case<JobBody> = {
  start: () => startJobServer([{ status: 'starting' }]),
  paid: 'create',
  provider: () => jsonJob({ start: `POST ${jobs}`, status: `${jobs}/:id`, interval: 5 }),
  failed: { status: 'failed', error: sentence },
  made: { status: 'succeeded', imageUrl: picture },
  async post(fetch, prompt) {
    const response = await fetch(jobs, { method: 'POST', body: JSON.stringify({ prompt }) })
    return ((await response.json()) as { jobId: string }).jobId
  },
  bodyOf: (prompt) => ({ prompt }),
  promptIn: (input) => (input as { prompt: string }).prompt,
}

const cases = [
  ['the client of Replicate', ofReplicate],
  ['the client of fal', ofFal],
  ['the client of Runway', ofRunway],
  ['the client of Google', ofGoogle],
  ['fetch and a server of your own', ofOwn],
] as unknown as readonly (readonly [string, Case<unknown>])[]

const prompts = ['a duel', `softer, for: ${sentence}`]

describe.each(cases)('a slow call by %s', (_what, one) => {
  async function setUp() {
    const server = await one.start()
    onTestFinished(server.close)
    const page = openPage(server.fetch, one.provider())
    /** The first job fails and the second one succeeds. */
    const go = async () => {
      await until(() => expect(page.tasks()[0]?.job?.id).toBe(server.all[0]?.id ?? 'none yet'))
      server.set(one.failed)
      await until(() => expect(server.all).toHaveLength(2))
      server.set(one.made)
    }
    const end = async () => {
      expect(await page.end()).toMatchObject({
        status: 'succeeded',
        attempt: 2,
        outputUrl: picture,
        job: { id: server.all[1]!.id },
      })
      expect(server.all.map(({ input }) => one.promptIn(input))).toEqual(prompts)
      expect([server.count(one.paid), page.tasks().length]).toEqual([2, 1])
    }
    return { server, page, go, end }
  }

  it('through the tracked fetch gives the response whose job succeeded, for one paid call per attempt', async () => {
    const { server, page, go, end } = await setUp()
    const fetch = page.fetchFor({
      retry: resend({
        until: 'job',
        delay: () => 0,
        before: (run) => ({ body: JSON.stringify(one.bodyOf(softer(run))) }),
      }),
    })
    const [id] = await Promise.all([one.post(fetch, 'a duel'), go()])
    expect(id).toBe(server.all[1]!.id)
    await end()
    expect(page.errors).toEqual([])
  })

  it('through track gives the result, for one paid call per attempt', async () => {
    const { server, page, go, end } = await setUp()
    let prompt = 'a duel'
    const { name } = one.provider()
    const start = async () => {
      const id = await one.post(server.fetch, prompt)
      return { provider: name, id, ...(one.urlOf && { url: one.urlOf(id) }) }
    }
    const retry = { delay: () => 0, before: (run: RunContext) => void (prompt = softer(run)) }
    const result = page.tracker
      .show('s1')
      .track('portrait', runJob(page.followers[name]!, start), { characterId: 'ada', retry })
    await go()
    expect((await result).outputUrl).toBe(picture)
    await end()
  })

  it('is followed after a reload in the second attempt, and pays for nothing more', async () => {
    const { server, page } = await setUp()
    const fetch = page.fetchFor({ retry: resend({ until: 'job', delay: () => 0, when: () => true }) })
    one.post(fetch, 'a duel').catch(() => {})
    await until(() => expect(page.tasks()[0]?.job?.id).toBe(server.all[0]?.id ?? 'none yet'))
    server.set(one.failed)
    await until(() => expect(page.tasks()[0]?.job?.id).toBe(server.all[1]?.id ?? 'none yet'))
    const next = openPage(server.fetch, one.provider(), page.close())
    server.set(one.made)
    expect(await next.end()).toMatchObject({ status: 'succeeded', attempt: 2, outputUrl: picture })
    expect(server.count(one.paid)).toBe(2)
  })
})
