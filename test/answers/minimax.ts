// cspell:disable
import { answersOf, start, status } from './entry.ts'

const create =
  'MiniMax API: Video Generation, https://platform.minimax.io/docs/api-reference/video-generation-t2v'
const query =
  'MiniMax API: Query Video Generation Task, https://platform.minimaxi.com/docs/api-reference/video-generation-query'
const codes =
  'MiniMax API: Query of Generation Status, the codes of base_resp, https://www.minimax.io/platform/document/video_generation'
const file =
  'MiniMax API: Retrieve File of https://platform.minimax.io/docs/api-reference/video/generation/api/openapi.json'
const agent =
  'MiniMax API: Query Video Template Generation Task, https://platform.minimax.io/docs/api-reference/video-agent-query'
const music = 'MiniMax API: Music Generation, tryAGI/MiniMax src/libs/MiniMax/openapi.yaml'
const speech = 'MiniMax API: asynchronous speech (T2A), ZeoXel/SUNSTUDIO docs/minimax.md'

const base_resp = { status_code: 0, status_msg: 'success' }
const task_id = '176843862716480'

export const minimax = answersOf('minimax', [
  start('a task', create, { task_id, base_resp }, { status: 'processing', jobId: task_id }),
  start(
    'a start that is moderated, with HTTP 200',
    codes,
    { task_id: '', base_resp: { status_code: 1026, status_msg: 'The description is sensitive' } },
    { status: 'failed', error: 'The description is sensitive' },
  ),
  start(
    'no balance, with HTTP 200',
    codes,
    { base_resp: { status_code: 1008, status_msg: 'The account has no balance' } },
    { status: 'failed', error: 'The account has no balance' },
  ),
  start(
    'too many calls, with HTTP 200',
    codes,
    { base_resp: { status_code: 1002, status_msg: 'Too many calls in a minute' } },
    { status: 'failed', error: 'Too many calls in a minute' },
  ),
  start(
    'a parameter that is invalid, with HTTP 200',
    codes,
    { base_resp: { status_code: 2013, status_msg: 'The duration must be 6 or 10' } },
    { status: 'failed', error: 'The duration must be 6 or 10' },
  ),
  start(
    'speech, with the key of the task',
    speech,
    {
      task_id: 95157322514444,
      task_token: 'eyJhbGciOiJIUzI1NiJ9',
      file_id: 95157322514496,
      usage_characters: 101,
      base_resp,
    },
    { status: 'processing', jobId: '95157322514444' },
  ),
  start(
    'music at once',
    music,
    {
      data: { status: 2, audio: 'https://cdn.example/minimax/theme.mp3' },
      extra_info: { music_duration: 25364, music_sample_rate: 44100, music_channel: 2, music_size: 813651 },
      trace_id: '04ede0ab069fb1ba8be5156a24b1e081',
      base_resp,
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/minimax/theme.mp3' },
  ),
  status(
    'preparing',
    query,
    { task_id, status: 'Preparing', file_id: '', base_resp },
    { status: 'processing', stage: 'preparing' },
  ),
  status(
    'in the queue',
    query,
    { task_id, status: 'Queueing', file_id: '', base_resp },
    { status: 'processing', stage: 'queue' },
  ),
  status(
    'processing',
    query,
    { task_id, status: 'Processing', file_id: '', base_resp },
    { status: 'processing' },
  ),
  status(
    'a video, as the id of a file',
    query,
    {
      task_id,
      status: 'Success',
      file_id: '176844028768320',
      video_width: 1920,
      video_height: 1080,
      base_resp,
    },
    { status: 'succeeded' },
  ),
  status(
    'a video, as an address',
    agent,
    { task_id, status: 'Success', video_url: 'https://cdn.example/minimax/video_1412.mp4', base_resp },
    { status: 'succeeded', outputUrl: 'https://cdn.example/minimax/video_1412.mp4' },
  ),
  status(
    'a video that is moderated, with HTTP 200',
    codes,
    {
      task_id,
      status: 'Fail',
      file_id: '',
      base_resp: { status_code: 1027, status_msg: 'The video is sensitive' },
    },
    { status: 'failed', error: 'The video is sensitive' },
  ),
  status(
    'a failure without a reason',
    query,
    { task_id, status: 'Fail', file_id: '', base_resp },
    { status: 'failed' },
  ),
  status(
    'speech that has expired',
    speech,
    { task_id: 95157322514444, status: 'Expired', file_id: 95157322514496, base_resp },
    { status: 'failed' },
  ),
  start(
    'the file of a video',
    file,
    {
      file: {
        file_id: 176844028768320,
        bytes: 5896337,
        created_at: 1764500398,
        filename: 'output_aigc.mp4',
        purpose: 'video_generation',
        download_url: 'https://cdn.example/minimax/output_aigc.mp4?Expires=1764532798&Signature=abc',
      },
      base_resp,
    },
    {
      status: 'succeeded',
      outputUrl: 'https://cdn.example/minimax/output_aigc.mp4?Expires=1764532798&Signature=abc',
    },
  ),
])
