// Providers without a file of their own, as docs/guide/providers.md shows them: a test holds that both are the same.
import { jsonJob } from '@callsheet/http-adapter/json-job'

export const minimax = (key: string) =>
  jsonJob({
    name: 'minimax',
    start: 'POST https://api.minimax.io/v1/video_generation',
    status: 'https://api.minimax.io/v1/query/video_generation?task_id=:id',
    headers: { authorization: `Bearer ${key}` },
    needsOutput: false, // a video is the id of a file
  })

export const heygen = (key: string) =>
  jsonJob({
    name: 'heygen',
    start: 'POST https://api.heygen.com/v3/videos',
    status: 'https://api.heygen.com/v3/videos/:id',
    cancel: 'DELETE https://api.heygen.com/v3/videos/:id',
    headers: { 'x-api-key': key },
  })

export const leonardo = (key: string) =>
  jsonJob({
    name: 'leonardo',
    start: 'POST https://cloud.leonardo.ai/api/rest/v1/:kind', // generations, generations-text-to-video …
    status: 'https://cloud.leonardo.ai/api/rest/v1/generations/:id',
    cancel: 'DELETE https://cloud.leonardo.ai/api/rest/v1/generations/:id',
    headers: { authorization: `Bearer ${key}` },
  })

export const dashscope = (key: string) =>
  jsonJob({
    name: 'dashscope',
    start: 'POST https://dashscope-intl.aliyuncs.com/api/v1/services/aigc/*',
    status: 'https://dashscope-intl.aliyuncs.com/api/v1/tasks/:id',
    cancel: 'POST https://dashscope-intl.aliyuncs.com/api/v1/tasks/:id/cancel',
    headers: { authorization: `Bearer ${key}` },
  })

export const vidu = (key: string) =>
  jsonJob({
    name: 'vidu',
    start: 'POST https://api.vidu.com/ent/v2/:kind', // text2video, img2video …
    status: 'https://api.vidu.com/ent/v2/tasks/:id/creations',
    cancel: 'POST https://api.vidu.com/ent/v2/tasks/:id/cancel',
    headers: { authorization: `Token ${key}` },
  })

export const seedance = (key: string) =>
  jsonJob({
    name: 'seedance',
    start: 'POST https://ark.ap-southeast.bytepluses.com/api/v3/contents/generations/tasks',
    status: 'https://ark.ap-southeast.bytepluses.com/api/v3/contents/generations/tasks/:id',
    cancel: 'DELETE https://ark.ap-southeast.bytepluses.com/api/v3/contents/generations/tasks/:id',
    headers: { authorization: `Bearer ${key}` },
  })

export const dId = (key: string) =>
  jsonJob({
    name: 'd-id',
    start: 'POST https://api.d-id.com/:kind', // talks, clips, animations, expressives
    status: 'https://api.d-id.com/:kind/:id',
    cancel: 'DELETE https://api.d-id.com/:kind/:id',
    headers: { authorization: `Basic ${key}` },
  })

export const synthesia = (key: string) =>
  jsonJob({
    name: 'synthesia',
    start: [
      'POST https://api.synthesia.io/v2/videos',
      'POST https://api.synthesia.io/v2/videos/fromTemplate',
    ],
    status: 'https://api.synthesia.io/v2/videos/:id',
    cancel: 'DELETE https://api.synthesia.io/v2/videos/:id',
    headers: { authorization: key },
  })

export const azure = (resource: string, key: string) =>
  jsonJob({
    name: 'azure',
    start: `POST https://${resource}.openai.azure.com/openai/v1/video/generations/jobs`,
    status: `https://${resource}.openai.azure.com/openai/v1/video/generations/jobs/:id?api-version=preview`,
    headers: { 'api-key': key },
    needsOutput: false, // a video has an address of its own
  })
