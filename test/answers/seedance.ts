// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const create = 'Volcengine Ark: Create a video generation task, https://www.volcengine.com/docs/82379/1520757'
const query = 'Volcengine Ark: Query a video generation task, https://www.volcengine.com/docs/82379/1521309'
const codes = 'Volcengine Ark: Error codes, https://www.volcengine.com/docs/82379/1299023'
const client = 'vercel/ai packages/bytedance/src/bytedance-video-model.ts'
const pictures =
  'Volcengine Ark: Image generation API, https://www.volcengine.com/docs/82379 (ZeoXel/SUNSTUDIO docs/Seedream_official.md)'

const id = 'cgt-20261130101601-68d9t'
const task = { id, model: 'doubao-seedance-1-5-pro-251215', created_at: 1764500161, updated_at: 1764500190 }
const settings = { seed: 58944, resolution: '1080p', ratio: '16:9', duration: 5, framespersecond: 24 }

export const seedance = answersOf('seedance', [
  start('a task', create, { id }, { status: 'processing', jobId: id }),
  status('in the queue', query, { ...task, status: 'queued' }, { status: 'processing', stage: 'queue' }),
  status(
    'running',
    query,
    { ...task, status: 'running', service_tier: 'default', execution_expires_after: 172800 },
    { status: 'processing' },
  ),
  status(
    'a video, with its last frame',
    query,
    {
      ...task,
      status: 'succeeded',
      content: {
        last_frame_url: 'https://cdn.example/ark/ada-last.png?X-Tos-Signature=def',
        video_url: 'https://cdn.example/ark/ada.mp4?X-Tos-Signature=abc',
      },
      usage: { completion_tokens: 246840, total_tokens: 246840 },
      error: null,
      ...settings,
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/ark/ada.mp4?X-Tos-Signature=abc' },
  ),
  status(
    'a failure',
    query,
    {
      ...task,
      status: 'failed',
      error: { code: 'OutputVideoSensitiveContentDetected', message: 'The video may show sensitive content' },
    },
    { status: 'failed', error: 'The video may show sensitive content' },
  ),
  status('canceled', query, { ...task, status: 'cancelled', error: null }, { status: 'canceled' }),
  status(
    'a task that took too long',
    query,
    { ...task, status: 'expired', error: null },
    { status: 'failed' },
  ),
  refusal(
    'a parameter that is invalid',
    client,
    400,
    {
      error: {
        code: 'InvalidParameter',
        message: 'The duration is not supported by this model',
        param: 'duration',
        type: 'BadRequest',
      },
    },
    'The duration is not supported by this model',
  ),
  refusal(
    'too many calls',
    codes,
    429,
    {
      error: {
        code: 'RateLimitExceeded',
        message: 'The account makes too many calls',
        type: 'TooManyRequests',
      },
    },
    'The account makes too many calls',
  ),
  start(
    'pictures at once',
    pictures,
    {
      model: 'doubao-seedream-4-5-251128',
      created: 1764500161,
      data: [
        { url: 'https://cdn.example/ark/ada-1.jpeg', size: '2048x2048' },
        { url: 'https://cdn.example/ark/ada-2.jpeg', size: '2048x2048' },
      ],
      usage: { generated_images: 2, output_tokens: 32768, total_tokens: 32768 },
    },
    {
      status: 'succeeded',
      outputUrl: 'https://cdn.example/ark/ada-1.jpeg',
      outputs: ['https://cdn.example/ark/ada-1.jpeg', 'https://cdn.example/ark/ada-2.jpeg'],
    },
  ),
  start(
    'an error at once',
    pictures,
    {
      model: 'doubao-seedream-4-5-251128',
      created: 1764500161,
      data: [],
      error: { code: 'InputTextSensitiveContentDetected', message: 'The prompt may be sensitive' },
    },
    { status: 'failed', error: 'The prompt may be sensitive' },
  ),
])
