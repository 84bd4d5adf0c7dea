// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const queue = 'fal: Queue, https://docs.fal.ai/model-endpoints/queue'
const client = 'fal-ai/fal-js libs/client/src/types/common.ts, QueueStatus'
const errors = 'fal: Errors, https://fal.ai/docs/model-apis/errors'
const validation = 'fal-ai/fal-js libs/client/src/response.ts, ValidationError'

const request_id = '80e732af-660e-45cd-bd63-580e4f2a94cc'
const response_url = `https://queue.fal.run/fal-ai/veo3/requests/${request_id}`
const urls = {
  request_id,
  response_url,
  status_url: `${response_url}/status`,
  cancel_url: `${response_url}/cancel`,
}
const before = { status: 'COMPLETED', ...urls, logs: [], metrics: { inference_time: 12.5 } }

export const fal = answersOf('fal', [
  start(
    'a request',
    queue,
    { status: 'IN_QUEUE', ...urls, queue_position: 0 },
    { status: 'processing', jobId: request_id },
  ),
  start('a request without a place in the queue', queue, urls, { status: 'processing', jobId: request_id }),
  status(
    'in the queue',
    client,
    { status: 'IN_QUEUE', ...urls, queue_position: 3 },
    { status: 'processing', stage: 'queue' },
  ),
  status(
    'in progress, with a log',
    client,
    {
      status: 'IN_PROGRESS',
      ...urls,
      logs: [{ message: 'frame 12', level: 'INFO', source: 'USER', timestamp: '2026-11-30T10:00:00Z' }],
    },
    { status: 'processing' },
  ),
  status(
    'a video',
    queue,
    {
      video: {
        url: 'https://v3.fal.media/files/ada.mp4',
        content_type: 'video/mp4',
        file_name: 'ada.mp4',
        file_size: 4404019,
      },
      seed: 42,
    },
    { status: 'succeeded', outputUrl: 'https://v3.fal.media/files/ada.mp4' },
    { before },
  ),
  status(
    'two pictures',
    queue,
    {
      images: [
        { url: 'https://v3.fal.media/files/ada-1.png', width: 1024, height: 768, content_type: 'image/png' },
        { url: 'https://v3.fal.media/files/ada-2.png', width: 1024, height: 768, content_type: 'image/png' },
      ],
      timings: { inference: 2.1 },
      seed: 42,
      has_nsfw_concepts: [false, false],
      prompt: 'Ada',
    },
    {
      status: 'succeeded',
      outputUrl: 'https://v3.fal.media/files/ada-1.png',
      outputs: ['https://v3.fal.media/files/ada-1.png', 'https://v3.fal.media/files/ada-2.png'],
    },
    { before },
  ),
  status(
    'an input that was invalid, as the result',
    errors,
    {
      detail: [
        {
          loc: ['body', 'image_url'],
          msg: 'The picture is smaller than 300 pixels',
          type: 'image_too_small',
          url: 'https://docs.fal.ai/errors#image_too_small',
          ctx: { min_height: 300, min_width: 300 },
          input: 'https://shows.example/ada.jpg',
        },
      ],
    },
    { status: 'failed', error: 'image_url: The picture is smaller than 300 pixels' },
    { before, httpStatus: 422 },
  ),
  status(
    'a prompt that is moderated, as the result',
    errors,
    {
      detail: [
        {
          loc: ['body', 'prompt'],
          msg: 'The content checker flagged the prompt',
          type: 'content_policy_violation',
          url: 'https://docs.fal.ai/errors#content_policy_violation',
          input: 'Ada',
        },
      ],
    },
    { status: 'failed', error: 'prompt: The content checker flagged the prompt' },
    { before, httpStatus: 422 },
  ),
  status(
    'a result that is only a sentence',
    validation,
    { detail: 'The video could not be downloaded' },
    { status: 'failed', error: 'The video could not be downloaded' },
    { before, httpStatus: 422 },
  ),
  refusal(
    'a field that is invalid',
    validation,
    422,
    { detail: [{ loc: ['body', 'duration'], msg: 'The duration is 4s, 6s or 8s', type: 'literal_error' }] },
    'duration: The duration is 4s, 6s or 8s',
  ),
  refusal(
    'a key that is invalid',
    validation,
    401,
    { detail: 'The key was not accepted' },
    'The key was not accepted',
  ),
])
