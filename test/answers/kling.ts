// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const old = 'Kling API: Text to Video, https://app.klingai.com/global/dev/document-api'
const spec = 'tryAGI/KlingAI src/libs/KlingAI/openapi.yaml'
const extension = 'Kling API: Video Extension, https://app.klingai.com/global/dev/document-api'
const now = 'Kling API: Text to Video, https://klingai.com/document-api/api/video/2-6/text-to-video'
const rules =
  'Kling API: Concurrency Rules, https://klingai.com/document-api/api/get-started/concurrency-rules'
const codes = 'Kling API: General Information, error codes, https://app.klingai.com/global/dev/document-api'

const request_id = 'CjikY2gHPbcAAAAABI5n9g'
const ok = { code: 0, message: 'SUCCEED', request_id }
const task_id = '831922345719271433'
const times = { created_at: 1764500000708, updated_at: 1764500060708 }
const task = { task_id, task_info: { external_task_id: 'ada-3' }, ...times }
const job = { id: '893605946402811985', create_time: 1764500000802, update_time: 1764500060151 }

export const kling = answersOf('kling', [
  start(
    'a task',
    old,
    { ...ok, data: { ...task, task_status: 'submitted' } },
    { status: 'processing', jobId: task_id },
  ),
  status(
    'submitted',
    old,
    { ...ok, data: { ...task, task_status: 'submitted', task_status_msg: '' } },
    { status: 'processing' },
  ),
  status(
    'processing',
    old,
    { ...ok, data: { ...task, task_status: 'processing', task_status_msg: '' } },
    { status: 'processing' },
  ),
  status(
    'a video',
    old,
    {
      ...ok,
      data: {
        ...task,
        task_status: 'succeed',
        task_status_msg: '',
        task_result: {
          videos: [
            {
              id: 'v-77',
              url: 'https://cdn.example/kling/v-77.mp4',
              watermark_url: 'https://cdn.example/kling/v-77-watermark.mp4',
              duration: '5.1',
            },
          ],
        },
        watermark_info: { enabled: true },
        final_unit_deduction: '2.0',
      },
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/kling/v-77.mp4' },
  ),
  status(
    'two pictures',
    spec,
    {
      ...ok,
      data: {
        ...task,
        task_status: 'succeed',
        task_result: {
          images: [
            { index: 0, url: 'https://cdn.example/kling/ada-0.png' },
            { index: 1, url: 'https://cdn.example/kling/ada-1.png' },
          ],
        },
      },
    },
    {
      status: 'succeeded',
      outputUrl: 'https://cdn.example/kling/ada-0.png',
      outputs: ['https://cdn.example/kling/ada-0.png', 'https://cdn.example/kling/ada-1.png'],
    },
  ),
  status(
    'a longer video, with the one that it continues',
    extension,
    {
      ...ok,
      data: {
        task_id,
        task_status: 'succeed',
        task_status_msg: '',
        task_info: {
          parent_video: { id: 'v-77', url: 'https://cdn.example/kling/v-77.mp4', duration: '5' },
        },
        task_result: {
          videos: [{ id: 'v-78', url: 'https://cdn.example/kling/v-78.mp4', duration: '9.6' }],
        },
        ...times,
      },
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/kling/v-78.mp4' },
  ),
  status(
    'a failure that the risk control caused',
    old,
    {
      ...ok,
      data: {
        ...task,
        task_status: 'failed',
        task_status_msg: 'The risk control of the platform stopped this task',
      },
    },
    { status: 'failed', error: 'The risk control of the platform stopped this task' },
  ),
  refusal(
    'too many tasks at once',
    rules,
    429,
    { code: 1303, message: 'parallel task over resource pack limit', request_id },
    'parallel task over resource pack limit',
  ),
  refusal(
    'a prompt that breaks the content policy',
    codes,
    400,
    { code: 1301, message: 'The prompt breaks the content policy', request_id },
    'The prompt breaks the content policy',
  ),
  refusal(
    'an empty resource pack',
    codes,
    429,
    { code: 1102, message: 'The resource pack is used up', request_id },
    'The resource pack is used up',
  ),
  refusal(
    'a token that has expired',
    codes,
    401,
    { code: 1004, message: 'The token has expired', request_id },
    'The token has expired',
  ),
])

/** Its newer addresses: one for all tasks, which answers with a list. */
export const klingTasks = answersOf('kling tasks', [
  start(
    'a task',
    now,
    { ...ok, data: { ...job, status: 'submitted', external_id: 'ada-3' } },
    { status: 'processing', jobId: job.id },
  ),
  status(
    'submitted',
    now,
    { ...ok, data: [{ ...job, status: 'submitted', message: '' }] },
    { status: 'processing' },
  ),
  status(
    'processing',
    now,
    { ...ok, data: [{ ...job, status: 'processing', message: '', external_id: 'ada-3' }] },
    { status: 'processing' },
  ),
  status(
    'a video',
    now,
    {
      ...ok,
      data: [
        {
          ...job,
          status: 'succeeded',
          message: '',
          outputs: [
            {
              type: 'video',
              id: 'v-90',
              url: 'https://cdn.example/kling/v-90.mp4',
              watermark_url: 'https://cdn.example/kling/v-90-watermark.mp4',
              duration: '10',
            },
          ],
          billing: [{ charge_type: 'unit', amount: '5.0', package_type: 'video' }],
        },
      ],
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/kling/v-90.mp4' },
  ),
  status(
    'a failure',
    now,
    { ...ok, data: [{ ...job, status: 'failed', message: 'The video shows a protected person' }] },
    { status: 'failed', error: 'The video shows a protected person' },
  ),
])
