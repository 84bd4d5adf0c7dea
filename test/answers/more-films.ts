// cspell:disable
// Providers that were written down after the code that reads them, to see whether it knows more than it was made for.
import { answersOf, refusal, start, status } from './entry.ts'

const hedraSpec = 'Hedra Web API (tryAGI/Hedra src/libs/Hedra/openapi.json)'
const generation = {
  id: '0f8fad5b-d9cb-469f-a165-70867728950e',
  asset_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  type: 'video',
  created_at: '2026-11-30T10:00:00Z',
}
const waits = { error: null, error_message: null, url: null, download_url: null, streaming_url: null }

export const hedra = answersOf('hedra', [
  start(
    'a generation, with its input',
    hedraSpec,
    {
      type: 'video',
      name: 'Ada',
      start_keyframe_url: 'https://shows.example/ada.png',
      id: generation.id,
      asset_id: generation.asset_id,
      status: 'queued',
      progress: 0,
      eta_sec: 90,
    },
    { status: 'processing', jobId: generation.id },
  ),
  status(
    'in the queue',
    hedraSpec,
    { ...generation, status: 'queued', progress: 0, ...waits },
    { status: 'processing', stage: 'queue' },
  ),
  status(
    'processing, with a fraction as progress',
    hedraSpec,
    { ...generation, status: 'processing', progress: 0.35, ...waits },
    { status: 'processing', progress: 35 },
  ),
  status(
    'finalizing',
    hedraSpec,
    { ...generation, status: 'finalizing', progress: 0.95, ...waits },
    { status: 'processing', progress: 95, stage: 'finalizing' },
  ),
  status(
    'a video, to see, to save and to stream',
    hedraSpec,
    {
      ...generation,
      status: 'complete',
      progress: 1,
      ...waits,
      url: 'https://cdn.example/hedra/ada.mp4',
      download_url: 'https://cdn.example/hedra/ada.mp4?attachment=1',
      streaming_url: 'https://cdn.example/hedra/ada.m3u8',
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/hedra/ada.mp4' },
  ),
  status(
    'a failure, said twice',
    hedraSpec,
    {
      ...generation,
      status: 'error',
      progress: 0.4,
      ...waits,
      error: {
        type: 'MODERATION_FAILED',
        reason_code: 'MODERATION_LIKENESS',
        reason_params: null,
        message: 'The face is that of a known person',
        param: null,
      },
      error_message: 'The face is that of a known person',
    },
    { status: 'failed', error: 'The face is that of a known person' },
  ),
])

const xaiSpec =
  'xAI API: Video generation (tryAGI/Xai src/libs/Xai/openapi.yaml; vercel/ai packages/xai/src/xai-video-model.ts)'

export const xai = answersOf('xai', [
  start('a request', xaiSpec, { request_id: 'req-7' }, { status: 'processing', jobId: 'req-7' }),
  status('pending', xaiSpec, { status: 'pending', progress: 12 }, { status: 'processing', progress: 12 }),
  status(
    'a video',
    xaiSpec,
    {
      status: 'done',
      video: { url: 'https://cdn.example/xai/ada.mp4', duration: 8, respect_moderation: true },
      model: 'grok-imagine-video',
      usage: { cost_in_usd_ticks: 4000 },
      progress: 100,
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/xai/ada.mp4' },
  ),
  status('a request that has expired', xaiSpec, { status: 'expired' }, { status: 'failed' }),
  status(
    'a failure',
    xaiSpec,
    { status: 'failed', error: { code: 'invalid_input', message: 'The picture could not be read' } },
    { status: 'failed', error: 'The picture could not be read' },
  ),
])

const shotstackSpec = 'shotstack/oas-api-definition schemas/responses'
const render = { id: '2abd5c11-0f3d-4c6d-ba20-235fc9b8e8b7', owner: '5ca6hu7s9k', plan: 'basic', error: '' }
const edit = {
  timeline: { tracks: [{ clips: [{ asset: { type: 'video', src: 'https://shows.example/ada.mp4' } }] }] },
  output: { format: 'mp4', resolution: 'hd' },
  callback: 'https://shows.example/hooks/shotstack',
}
const answered = (response: object) => ({
  success: true,
  message: 'OK',
  response: { ...render, ...response, data: edit, created: '2026-11-30T10:00:00Z' },
})

export const shotstack = answersOf('shotstack', [
  start(
    'a render',
    `${shotstackSpec}/queuedresponse.yaml`,
    { success: true, message: 'Created', response: { message: 'The render is in the queue', id: render.id } },
    { status: 'processing', jobId: render.id },
  ),
  status('in the queue', shotstackSpec, answered({ status: 'queued' }), {
    status: 'processing',
    stage: 'queue',
  }),
  status('fetching', shotstackSpec, answered({ status: 'fetching' }), {
    status: 'processing',
    stage: 'fetching',
  }),
  status('saving', shotstackSpec, answered({ status: 'saving' }), { status: 'processing', stage: 'saving' }),
  status(
    'a film, with its poster and thumbnail before the edit',
    shotstackSpec,
    answered({
      status: 'done',
      duration: 8.5,
      renderTime: 9433.44,
      poster: 'https://cdn.example/shotstack/ada-poster.jpg',
      thumbnail: 'https://cdn.example/shotstack/ada-thumb.jpg',
      url: 'https://cdn.example/shotstack/ada.mp4',
    }),
    { status: 'succeeded', outputUrl: 'https://cdn.example/shotstack/ada.mp4' },
  ),
  status(
    'a failure',
    shotstackSpec,
    answered({ status: 'failed', error: 'The first clip could not be fetched' }),
    { status: 'failed', error: 'The first clip could not be fetched' },
  ),
  refusal(
    'an edit that is invalid',
    'shotstack/oas-api-definition schemas/create/responses/generatedAssetErrorResponse.yaml',
    400,
    { errors: [{ status: 400, title: 'Bad Request', detail: 'The text of the title is needed' }] },
    'Bad Request: The text of the title is needed',
  ),
])

const tencentPage =
  'Tencent Cloud: DescribeVideoEditKlingJob, https://cloud.tencent.com/document/api/1616/130569'
const tencentCreate =
  'Tencent Cloud: SubmitVideoEditKlingJob, the JobId that https://cloud.tencent.com/document/api/1616/130569 asks for'
const described = (fields: object) => ({
  Response: {
    Status: 'WAIT',
    ErrorCode: '',
    ErrorMessage: '',
    ResultVideoUrl: '',
    VideoId: '',
    Duration: '',
    FinalUnitDeduction: '',
    RequestId: '173ae510-9a2b-4b8b-b5f9-43a7ab97a03a',
    ...fields,
  },
})

export const tencent = answersOf('tencent', [
  start(
    'a job',
    tencentCreate,
    { Response: { RequestId: '173ae510-9a2b-4b8b-b5f9-43a7ab97a03a', JobId: '1350360280588853248' } },
    { status: 'processing', jobId: '1350360280588853248' },
  ),
  status('waiting', tencentPage, described({}), { status: 'processing' }),
  status('running', tencentPage, described({ Status: 'RUN' }), { status: 'processing' }),
  status(
    'a video',
    tencentPage,
    described({
      Status: 'DONE',
      ResultVideoUrl: 'https://cdn.example/tencent/ada.mp4?q-sign=abc',
      Duration: '7',
    }),
    { status: 'succeeded', outputUrl: 'https://cdn.example/tencent/ada.mp4?q-sign=abc' },
  ),
  status(
    'a failure',
    tencentPage,
    described({
      Status: 'FAIL',
      ErrorCode: 'FailedOperation.DriverFailed',
      ErrorMessage: 'The driver failed',
    }),
    { status: 'failed', error: 'The driver failed' },
  ),
])
