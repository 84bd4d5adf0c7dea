import type { Job } from '@callsheet/core'
import type { Provider } from '@callsheet/http-adapter'
import { jsonJob, type JsonJobOptions } from '@callsheet/http-adapter/json-job'

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

export const settings: Readonly<Record<string, Setting>> = {
  bfl: json('bfl'),
  kling: json('kling'),
  'kling tasks': json('kling tasks'),
  // The file of a video, and that of a dubbing, has an address of its own.
  minimax: json('minimax', { needsOutput: false }),
  runway: json('runway'),
  luma: json('luma'),
  heygen: json('heygen'),
  leonardo: json('leonardo'),
  dashscope: json('dashscope'),
  vidu: json('vidu'),
  seedance: json('seedance'),
  'd-id': json('d-id'),
  synthesia: json('synthesia'),
  elevenlabs: json('elevenlabs', { needsOutput: false }),
}
