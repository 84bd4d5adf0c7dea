import { jsonJob } from '../providers/json-job.ts'

// The configurations of docs/guide/providers.md: a test holds that they are the same.

export const luma = (key: string) =>
  jsonJob({
    name: 'luma',
    start: 'POST https://api.lumalabs.ai/dream-machine/v1/generations/*',
    status: 'https://api.lumalabs.ai/dream-machine/v1/generations/:id',
    cancel: 'DELETE https://api.lumalabs.ai/dream-machine/v1/generations/:id',
    headers: { authorization: `Bearer ${key}` },
  })

export const bfl = (key: string) =>
  jsonJob({
    name: 'bfl',
    start: 'POST https://api.bfl.ai/v1/:model',
    status: { from: 'polling_url', origins: ['https://*.bfl.ai'] },
    headers: { 'x-key': key },
    progress: 'fraction',
  })

export const kling = (token: () => string) =>
  jsonJob({
    name: 'kling',
    start: 'POST https://api-singapore.klingai.com/v1/:what/:kind',
    status: 'https://api-singapore.klingai.com/v1/:what/:kind/:id',
    headers: () => ({ authorization: `Bearer ${token()}` }),
  })

export const elevenlabs = (key: string) =>
  jsonJob({
    name: 'elevenlabs',
    start: 'POST https://api.elevenlabs.io/v1/dubbing',
    status: 'https://api.elevenlabs.io/v1/dubbing/:id',
    cancel: 'DELETE https://api.elevenlabs.io/v1/dubbing/:id',
    headers: { 'xi-api-key': key },
    needsOutput: false,
  })
