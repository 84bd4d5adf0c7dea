// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const create =
  'Alibaba Cloud Model Studio: Wan text-to-video API reference, https://www.alibabacloud.com/help/en/model-studio/text-to-video-api-reference (vercel/ai packages/alibaba/src/alibaba-video-model.ts)'
const pictures =
  'Alibaba Cloud Model Studio: Wan 2.5 image edit API reference, https://help.aliyun.com/zh/model-studio/wan2-5-image-edit-api-reference'
const words = 'dashscope/dashscope-sdk-python dashscope/common/constants.py, TaskStatus'
const codes =
  'Alibaba Cloud Model Studio: Error codes, https://help.aliyun.com/en/model-studio/error-code-start'

const request_id = '85eaba38-0185-99d7-8d16-0f7e3c1d4b2a'
const task_id = '86ecf553-d340-4e21-af6e-a0c6a421c010'
const times = { submit_time: '2026-11-30 10:16:01.841', scheduled_time: '2026-11-30 10:16:01.867' }
const ended = { ...times, end_time: '2026-11-30 10:16:42.512' }
const answered = (output: object) => ({ request_id, output: { task_id, ...output } })
const address = 'https://cdn.example/dashscope/ada.mp4?Expires=1764586601&Signature=abc%3D'

export const dashscope = answersOf('dashscope', [
  start('a task, beside the id of the request', create, answered({ task_status: 'PENDING' }), {
    status: 'processing',
    jobId: task_id,
  }),
  status('pending', create, answered({ task_status: 'PENDING', ...times }), {
    status: 'processing',
  }),
  status(
    'running, with counts of its parts',
    pictures,
    answered({
      task_status: 'RUNNING',
      ...times,
      task_metrics: { TOTAL: 4, SUCCEEDED: 1, FAILED: 0 },
    }),
    { status: 'processing' },
  ),
  status('suspended', words, answered({ task_status: 'SUSPENDED' }), {
    status: 'processing',
    stage: 'suspended',
  }),
  status(
    'a video',
    create,
    {
      ...answered({
        task_status: 'SUCCEEDED',
        ...ended,
        video_url: address,
        orig_prompt: 'Ada runs',
        actual_prompt: 'Ada runs along a pier at night',
      }),
      usage: { video_duration: 5, video_count: 1, SR: 1080 },
    },
    { status: 'succeeded', outputUrl: address },
  ),
  status(
    'two pictures',
    pictures,
    {
      ...answered({
        task_status: 'SUCCEEDED',
        ...ended,
        results: [
          { orig_prompt: 'Ada', url: 'https://cdn.example/dashscope/a.png?Expires=1' },
          { orig_prompt: 'Ada', url: 'https://cdn.example/dashscope/b.png?Expires=1' },
        ],
        task_metrics: { TOTAL: 2, SUCCEEDED: 2, FAILED: 0 },
      }),
      usage: { image_count: 2 },
    },
    {
      status: 'succeeded',
      outputUrl: 'https://cdn.example/dashscope/a.png?Expires=1',
      outputs: [
        'https://cdn.example/dashscope/a.png?Expires=1',
        'https://cdn.example/dashscope/b.png?Expires=1',
      ],
    },
  ),
  status(
    'one picture of two: the other timed out',
    pictures,
    {
      ...answered({
        task_status: 'SUCCEEDED',
        results: [
          { url: 'https://cdn.example/dashscope/a.png' },
          { code: 'InternalError.Timeout', message: 'The second picture timed out' },
        ],
        task_metrics: { TOTAL: 2, SUCCEEDED: 1, FAILED: 1 },
      }),
      usage: { image_count: 1 },
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/dashscope/a.png' },
  ),
  status(
    'a failure',
    pictures,
    answered({
      task_status: 'FAILED',
      code: 'InvalidParameter',
      message: 'The prompt has no words',
      task_metrics: { TOTAL: 4, SUCCEEDED: 0, FAILED: 4 },
    }),
    { status: 'failed', error: 'The prompt has no words' },
  ),
  status('canceled', pictures, answered({ task_status: 'CANCELED', ...ended }), { status: 'canceled' }),
  status('a task that is a day old, and not known any more', pictures, answered({ task_status: 'UNKNOWN' }), {
    status: 'interrupted',
  }),
  refusal(
    'a parameter that is invalid',
    codes,
    400,
    { code: 'InvalidParameter', message: 'The size is not supported', request_id },
    'The size is not supported',
  ),
  refusal(
    'a key that is invalid',
    codes,
    401,
    { code: 'InvalidApiKey', message: 'The key was not accepted', request_id },
    'The key was not accepted',
  ),
  refusal(
    'too many calls',
    codes,
    429,
    { request_id, code: 'Throttling.RateQuota', message: 'Too many calls in this minute' },
    'Too many calls in this minute',
  ),
])
