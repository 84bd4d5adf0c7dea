// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const create = 'Vidu API: Image to Video, https://platform.vidu.cn/docs (ZeoXel/SUNSTUDIO docs/vidu.md)'
const query =
  'Vidu API: Get Generation, https://platform.vidu.cn/docs (ZeoXel/ZeoCanvas docs/vidu查询生成结果.md)'
const reply =
  'ViduGetCreationsReply of https://api.comfy.org/openapi, https://docs.comfy.org/api-reference/api-nodes/get-proxyvidutasks-creations'
const codes = 'Vidu API: Error Code, https://platform.vidu.com/docs/error-code'

const id = '815401283914895360'
const running = { id, err_code: '', credits: 8, payload: '', bgm: false, off_peak: false, creations: [] }

export const vidu = answersOf('vidu', [
  start(
    'a task, with the picture that it begins with',
    create,
    {
      task_id: id,
      state: 'created',
      model: 'viduq2-pro',
      images: ['https://shows.example/bo.png'],
      prompt: 'Bo waves',
      duration: 5,
      seed: 123,
      resolution: '1080p',
      movement_amplitude: 'auto',
      payload: '',
      off_peak: false,
      watermark: false,
      credits: 8,
      created_at: '2026-11-30T10:41:31.968916Z',
    },
    { status: 'processing', jobId: id },
  ),
  status('created', query, { ...running, state: 'created' }, { status: 'processing' }),
  status('in the queue', query, { ...running, state: 'queueing' }, { status: 'processing', stage: 'queue' }),
  status('processing', query, { ...running, state: 'processing' }, { status: 'processing' }),
  status(
    'a video, with its cover and one with a watermark',
    query,
    {
      ...running,
      state: 'success',
      creations: [
        {
          id: 'cr-1',
          url: 'https://cdn.example/vidu/bo.mp4',
          cover_url: 'https://cdn.example/vidu/bo.jpeg',
          watermarked_url: 'https://cdn.example/vidu/bo-watermark.mp4',
        },
      ],
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/vidu/bo.mp4' },
  ),
  status(
    'a video, with its cover first and pictures for a moderator',
    reply,
    {
      creations: [
        {
          cover_url: 'https://cdn.example/vidu/bo.jpeg',
          id: 'cr-1',
          moderation_url: ['https://cdn.example/vidu/bo-check.jpeg'],
          url: 'https://cdn.example/vidu/bo.mp4',
          watermarked_url: 'https://cdn.example/vidu/bo-watermark.mp4',
        },
      ],
      err_code: '',
      id,
      state: 'success',
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/vidu/bo.mp4' },
  ),
  status(
    'a video that is moderated, with no more than a code',
    codes,
    { ...running, state: 'failed', err_code: 'CreationPolicyViolation' },
    { status: 'failed', error: 'CreationPolicyViolation' },
  ),
  refusal(
    'an input that is moderated',
    codes,
    400,
    {
      code: 400,
      reason: 'AuditSubmitIllegal',
      message: 'The picture did not pass the review',
      metadata: { trace_id: 'af80f3aa9ff1d74e9a0d6aa2af923ffe' },
    },
    'The picture did not pass the review',
  ),
  refusal(
    'not enough credits',
    codes,
    400,
    {
      code: 400,
      reason: 'CreditInsufficient',
      message: 'The account has no credits',
      metadata: { trace_id: 'af80f3aa9ff1d74e9a0d6aa2af923ffe' },
    },
    'The account has no credits',
  ),
  refusal(
    'too many calls',
    codes,
    429,
    { code: 429, reason: 'TooManyRequests', message: 'Too many calls at once', metadata: {} },
    'Too many calls at once',
  ),
])
