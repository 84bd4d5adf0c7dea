import { createFalClient } from '@fal-ai/client'
import RunwayML from '@runwayml/sdk'
import OpenAI from 'openai'
import Replicate from 'replicate'
import { describe, it } from 'vitest'
import type { Fetch } from '../route/request.ts'
import {
  providerContract,
  type ProviderContractOptions,
  type ProviderScene,
  type ProviderUnderTest,
} from '../test/provider-contract.ts'
import { createFalKeys, inSeconds, secretOf, signFal, signStandard } from '../testing/sign-webhooks.ts'
import { type FalState, startFalServer } from '../testing/servers/fal-server.ts'
import { type JobBody, startJobServer } from '../testing/servers/job-server.ts'
import type { ResponseState, VideoState } from '../testing/servers/openai-bodies.ts'
import { startOpenAiServer } from '../testing/servers/openai-server.ts'
import { clientOf as geminiOf, headers as geminiHeaders, vertexOf } from '../testing/google-uses.ts'
import type { InteractionState, OperationState } from '../testing/servers/google-bodies.ts'
import { accessToken, startGoogleServer } from '../testing/servers/google-server.ts'
import { type RunwayState, secret, startRunwayServer } from '../testing/servers/runway-server.ts'
import { type PredictionState, startReplicateServer } from '../testing/servers/replicate-server.ts'
import { falWebhooks } from '../webhooks/fal-webhooks.ts'
import { replicateWebhooks } from '../webhooks/standard-webhooks.ts'
import { fal } from './fal.ts'
import { google } from './google.ts'
import { jsonJob } from './json-job.ts'
import { openai } from './openai.ts'
import { replicate } from './replicate.ts'
import { runway } from './runway.ts'

const input = { prompt: 'a portrait of Ada' }
const reason = 'The prompt was filtered.'

const predictions: Record<ProviderScene, readonly PredictionState[]> = {
  succeeds: [
    { status: 'starting' },
    { status: 'processing' },
    { status: 'succeeded', output: ['https://replicate.delivery/out/1.png'] },
  ],
  fails: [{ status: 'starting' }, { status: 'failed', error: reason }],
  runs: [{ status: 'processing' }],
}

async function setUpReplicate(scene: ProviderScene): Promise<ProviderUnderTest> {
  const server = await startReplicateServer(predictions[scene])
  const secret = secretOf(1)
  return {
    provider: replicate({ headers: { authorization: 'Bearer r8_test' } }),
    fetch: server.fetch,
    begin: (fetch) =>
      new Replicate({ auth: 'r8_test', fetch }).predictions.create({ model: 'acme/painter', input }),
    isCanceled: () => server.count('cancel') > 0,
    webhook: {
      source: replicateWebhooks({ secret }),
      async deliver({ id }, now) {
        const done = { id, status: 'succeeded', output: 'https://replicate.delivery/out/1.png' }
        const { body, headers } = await signStandard(JSON.stringify(done), { secret, time: inSeconds(now) })
        return new Request('https://app.example/hook', { method: 'POST', body, headers })
      },
    },
    close: server.close,
  }
}

const requests: Record<ProviderScene, readonly FalState[]> = {
  succeeds: [
    { status: 'IN_QUEUE', queue_position: 1 },
    { status: 'IN_PROGRESS' },
    {
      status: 'COMPLETED',
      result: { status: 200, body: { images: [{ url: 'https://v3.fal.media/files/1.png' }] } },
    },
  ],
  fails: [
    { status: 'IN_QUEUE', queue_position: 1 },
    { status: 'COMPLETED', error: reason, result: { status: 422, body: { detail: reason } } },
  ],
  runs: [{ status: 'IN_PROGRESS' }],
}

const falKeys = await createFalKeys()

async function setUpFal(scene: ProviderScene): Promise<ProviderUnderTest> {
  const server = await startFalServer(requests[scene])
  return {
    provider: fal({ headers: { authorization: 'Key key:test' } }),
    fetch: server.fetch,
    begin: (fetch) =>
      createFalClient({ credentials: 'key:test', fetch }).queue.submit('fal-ai/painter', { input }),
    isCanceled: () => server.count('cancel') > 0,
    webhook: {
      source: falWebhooks({ userId: 'user-1', fetch: async () => Response.json({ keys: [falKeys.jwk] }) }),
      async deliver({ id }, now) {
        const payload = { images: [{ url: 'https://v3.fal.media/files/1.png' }] }
        const text = JSON.stringify({ request_id: id, status: 'OK', payload })
        const { body, headers } = await signFal(text, falKeys.privateKey, { id, time: inSeconds(now) })
        return new Request('https://app.example/hook', { method: 'POST', body, headers })
      },
    },
    close: server.close,
  }
}

const clientOf = (fetch: Fetch) => new OpenAI({ apiKey: 'sk-test', fetch })

const responses: Record<ProviderScene, readonly ResponseState[]> = {
  succeeds: [
    { status: 'queued' },
    { status: 'in_progress' },
    { status: 'completed', text: 'Once upon a time' },
  ],
  fails: [{ status: 'queued' }, { status: 'failed', error: { code: 'filtered', message: reason } }],
  runs: [{ status: 'in_progress' }],
}

async function setUpResponses(scene: ProviderScene): Promise<ProviderUnderTest> {
  const server = await startOpenAiServer({ responses: responses[scene] })
  return {
    provider: openai({ headers: { authorization: 'Bearer sk-test' } }),
    fetch: server.fetch,
    begin: (fetch) =>
      clientOf(fetch).responses.create({ model: 'gpt-5', input: input.prompt, background: true }),
    isCanceled: () => server.count('cancel') > 0,
    close: server.close,
  }
}

const videos: Record<ProviderScene, readonly VideoState[]> = {
  succeeds: [{ status: 'queued' }, { status: 'in_progress', progress: 50 }, { status: 'completed' }],
  fails: [{ status: 'queued' }, { status: 'failed', error: { code: 'filtered', message: reason } }],
  runs: [{ status: 'in_progress', progress: 10 }],
}

async function setUpVideos(scene: ProviderScene): Promise<ProviderUnderTest> {
  const server = await startOpenAiServer({ videos: videos[scene] })
  return {
    provider: openai({ headers: { authorization: 'Bearer sk-test' } }),
    fetch: server.fetch,
    begin: (fetch) => clientOf(fetch).videos.create({ prompt: input.prompt, model: 'sora-2' }),
    close: server.close,
  }
}

const films: Record<ProviderScene, readonly OperationState[]> = {
  succeeds: [{}, {}, { done: true, videos: [{ gcsUri: 'gs://shows/1.mp4' }] }],
  fails: [{}, { done: true, reasons: [reason] }],
  runs: [{}],
}

async function setUpVeo(scene: ProviderScene): Promise<ProviderUnderTest> {
  const server = await startGoogleServer({ videos: films[scene] })
  return {
    provider: google({ headers: { authorization: `Bearer ${accessToken}` } }),
    fetch: server.fetch,
    begin: (fetch) => vertexOf(fetch).models.generateVideos({ model: 'veo-3.1-generate-001', source: input }),
    close: server.close,
  }
}

const interactions: Record<ProviderScene, readonly InteractionState[]> = {
  succeeds: [
    { status: 'queued' },
    { status: 'in_progress' },
    {
      status: 'completed',
      content: [{ type: 'video', uri: 'https://generativelanguage.googleapis.com/v1/files/1' }],
    },
  ],
  fails: [{ status: 'in_progress' }, { status: 'failed', errors: [{ code: 'filtered', message: reason }] }],
  runs: [{ status: 'in_progress' }],
}

async function setUpInteractions(scene: ProviderScene): Promise<ProviderUnderTest> {
  const server = await startGoogleServer({ interactions: interactions[scene] })
  return {
    provider: google({ headers: geminiHeaders }),
    fetch: server.fetch,
    begin: (fetch) =>
      geminiOf(fetch).interactions.create({
        model: 'gemini-omni-1.2-flash',
        input: input.prompt,
        background: true,
      }),
    isCanceled: () => server.count('cancel') > 0,
    close: server.close,
  }
}

const tasks: Record<ProviderScene, readonly RunwayState[]> = {
  succeeds: [
    { status: 'PENDING' },
    { status: 'RUNNING', progress: 0.5 },
    { status: 'SUCCEEDED', output: ['https://dnznrvs05pmza.cloudfront.net/1.mp4?_jwt=signed'] },
  ],
  fails: [{ status: 'PENDING' }, { status: 'FAILED', failure: reason, failureCode: 'SAFETY.INPUT.TEXT' }],
  runs: [{ status: 'RUNNING', progress: 0.1 }],
}

async function setUpRunway(scene: ProviderScene): Promise<ProviderUnderTest> {
  const server = await startRunwayServer(tasks[scene])
  return {
    provider: runway({ headers: { authorization: `Bearer ${secret}` } }),
    fetch: server.fetch,
    begin: (fetch) =>
      new RunwayML({ apiKey: secret, fetch }).textToImage.create({
        model: 'gen4_image',
        promptText: input.prompt,
        ratio: '1920:1080',
      }),
    isCanceled: () => server.count('delete') > 0,
    close: server.close,
  }
}

const jobs: Record<ProviderScene, readonly JobBody[]> = {
  succeeds: [
    { status: 'queued' },
    { status: 'rendering', progress: 40 },
    { status: 'done', imageUrl: 'https://shows.example/1.png' },
  ],
  fails: [{ status: 'queued' }, { status: 'failed', error: reason }],
  runs: [{ status: 'rendering' }],
}

async function setUpJobs(scene: ProviderScene): Promise<ProviderUnderTest> {
  const server = await startJobServer(jobs[scene])
  return {
    provider: jsonJob({
      start: 'POST https://shows.example/api/jobs',
      status: 'https://shows.example/api/jobs/:id',
      cancel: 'DELETE https://shows.example/api/jobs/:id',
    }),
    fetch: server.fetch,
    begin: (fetch) =>
      fetch('https://shows.example/api/jobs', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': 'own-key-1' },
        body: JSON.stringify(input),
      }),
    isCanceled: () => server.count('cancel') > 0,
    close: server.close,
  }
}

type SetUp = (scene: ProviderScene) => Promise<ProviderUnderTest>

const all: readonly { name: string; setUp: SetUp; options?: ProviderContractOptions }[] = [
  { name: 'replicate', setUp: setUpReplicate, options: { webhooks: true } },
  { name: 'fal', setUp: setUpFal, options: { webhooks: true } },
  { name: 'openai with responses', setUp: setUpResponses },
  { name: 'openai with videos', setUp: setUpVideos, options: { cancels: false } },
  { name: 'google with videos of Veo', setUp: setUpVeo, options: { cancels: false } },
  { name: 'google with interactions', setUp: setUpInteractions },
  { name: 'runway', setUp: setUpRunway },
  { name: 'jsonJob', setUp: setUpJobs },
]

describe.each(all)('$name', ({ setUp, options }) => {
  const cases = providerContract(setUp, { timeout: 20_000, ...options })
  it.each(cases.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => run())
})
