// cspell:disable
import type { Job } from '@callsheet/core'
import type { JobState } from '@callsheet/core/jobs'
import type { Provider } from '@callsheet/http-adapter'
import { fal } from '@callsheet/http-adapter/fal'
import { google } from '@callsheet/http-adapter/google'
import { jsonJob, type JsonJobOptions, jsonState } from '@callsheet/http-adapter/json-job'
import { openai } from '@callsheet/http-adapter/openai'
import { replicate } from '@callsheet/http-adapter/replicate'
import { runway } from '@callsheet/http-adapter/runway'

/** How an application tracks a provider, in one option. */
export interface Setting {
  readonly provider: Provider
  /** The address of the call that starts a job. */
  readonly start: string
  readonly job: Job
}

const interval = 1

const json = (name: string, options: Partial<JsonJobOptions> = {}): Setting => {
  const start = `https://${name.replaceAll(' ', '-')}.example/jobs` as const
  return {
    provider: jsonJob({ name, start: `POST ${start}`, status: `${start}/:id`, interval, ...options }),
    start,
    job: { provider: name, id: 'job-1', url: `${start}/job-1` },
  }
}

/** The name of an operation is the whole of its path. */
const nameOf = (body: unknown) => (body as { readonly name?: string }).name

const textOf = (body: unknown): JobState => {
  const { audio_url: _input, ...transcript } = body as object & { readonly audio_url?: string }
  return jsonState(transcript)
}

const of = (
  provider: Provider,
  start: string,
  url: string,
  id = url.slice(url.lastIndexOf('/') + 1),
): Setting => ({
  provider,
  start,
  job: { provider: provider.name, id, url },
})

const gemini = 'https://generativelanguage.googleapis.com/v1beta/'
const vertex = 'https://us-central1-aiplatform.googleapis.com/v1/'
const veo = 'models/veo-3.1-generate-preview'
const veoOfVertex = `projects/shows/locations/us-central1/publishers/google/${veo}`
const operationOf = (base: string, model: string) =>
  of(
    google({ interval }),
    `${base}${model}:predictLongRunning`,
    `${base}${model}/operations/op-1`,
    `${model}/operations/op-1`,
  )

/** A provider with a file of its own is understood as a server of one's own, too. */
export const settings: Readonly<Record<string, readonly Setting[]>> = {
  bfl: [json('bfl')],
  kling: [json('kling')],
  'kling tasks': [json('kling tasks')],
  // The file of a video, and that of a dubbing, has an address of its own.
  minimax: [json('minimax', { needsOutput: false })],
  runway: [
    of(
      runway({ interval }),
      'https://api.dev.runwayml.com/v1/image_to_video',
      'https://api.dev.runwayml.com/v1/tasks/task-1',
    ),
    json('runway', { progress: 'fraction' }),
  ],
  'runway workflows': [json('runway workflows', { progress: 'fraction' })],
  luma: [json('luma')],
  heygen: [json('heygen')],
  leonardo: [json('leonardo')],
  dashscope: [json('dashscope')],
  vidu: [json('vidu')],
  seedance: [json('seedance')],
  'd-id': [json('d-id')],
  synthesia: [json('synthesia')],
  elevenlabs: [json('elevenlabs', { needsOutput: false })],
  gemini: [operationOf(gemini, veo), json('gemini', { needsOutput: false, id: nameOf })],
  imagen: [
    of(
      google({ interval }),
      `${gemini}models/imagen-4.0-generate-001:predict`,
      `${gemini}${veo}/operations/op-1`,
    ),
    json('imagen', { needsOutput: false }),
  ],
  vertex: [operationOf(vertex, veoOfVertex), json('vertex', { needsOutput: false, id: nameOf })],
  azure: [json('azure', { needsOutput: false })],
  'openai videos': [
    of(openai({ interval }), 'https://api.openai.com/v1/videos', 'https://api.openai.com/v1/videos/video_1'),
  ],
  'openai images': [
    of(
      openai({ interval }),
      'https://api.openai.com/v1/images/generations',
      'https://api.openai.com/v1/videos/video_1',
    ),
  ],
  fal: [
    of(
      fal({ interval }),
      'https://queue.fal.run/fal-ai/veo3',
      'https://queue.fal.run/fal-ai/veo3/requests/req-1',
    ),
  ],
  replicate: [
    of(
      replicate({ interval }),
      'https://api.replicate.com/v1/models/black-forest-labs/flux-schnell/predictions',
      'https://api.replicate.com/v1/predictions/pre-1',
    ),
  ],
  stability: [json('stability', { needsOutput: false })],
  ideogram: [json('ideogram')],
  fastapi: [json('fastapi')],
  hedra: [json('hedra', { progress: 'fraction' })],
  xai: [json('xai')],
  shotstack: [json('shotstack')],
  tencent: [json('tencent')],
  tripo: [json('tripo')],
  topaz: [json('topaz', { needsOutput: false })],
  // Its audio_url is what it was given.
  assemblyai: [json('assemblyai', { read: textOf })],
  bria: [json('bria')],
}
