import type { Job } from '@callsheet/core'
import type { Provider } from '@callsheet/http-adapter'
import { fal } from '@callsheet/http-adapter/fal'
import { jsonJob, type JsonJobOptions } from '@callsheet/http-adapter/json-job'
import { openai } from '@callsheet/http-adapter/openai'
import { replicate } from '@callsheet/http-adapter/replicate'

/** How an application tracks a provider, in one option. */
interface Setting {
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

export const settings: Readonly<Record<string, Setting>> = {
  bfl: json('bfl'),
  kling: json('kling'),
  'kling tasks': json('kling tasks'),
  // The file of a video, and that of a dubbing, has an address of its own.
  minimax: json('minimax', { needsOutput: false }),
  runway: json('runway', { progress: 'fraction' }),
  luma: json('luma'),
  heygen: json('heygen'),
  leonardo: json('leonardo'),
  dashscope: json('dashscope'),
  vidu: json('vidu'),
  seedance: json('seedance'),
  'd-id': json('d-id'),
  synthesia: json('synthesia'),
  elevenlabs: json('elevenlabs', { needsOutput: false }),
  gemini: json('gemini', { needsOutput: false, id: nameOf }),
  vertex: json('vertex', { needsOutput: false, id: nameOf }),
  azure: json('azure', { needsOutput: false }),
  'openai videos': {
    provider: openai({ interval }),
    start: 'https://api.openai.com/v1/videos',
    job: { provider: 'openai', id: 'video_1', url: 'https://api.openai.com/v1/videos/video_1' },
  },
  'openai images': {
    provider: openai({ interval }),
    start: 'https://api.openai.com/v1/images/generations',
    job: { provider: 'openai', id: 'video_1', url: 'https://api.openai.com/v1/videos/video_1' },
  },
  fal: {
    provider: fal({ interval }),
    start: 'https://queue.fal.run/fal-ai/veo3',
    job: { provider: 'fal', id: 'req-1', url: 'https://queue.fal.run/fal-ai/veo3/requests/req-1' },
  },
  replicate: {
    provider: replicate({ interval }),
    start: 'https://api.replicate.com/v1/models/black-forest-labs/flux-schnell/predictions',
    job: { provider: 'replicate', id: 'pre-1', url: 'https://api.replicate.com/v1/predictions/pre-1' },
  },
  stability: json('stability', { needsOutput: false }),
  ideogram: json('ideogram'),
  fastapi: json('fastapi'),
}
