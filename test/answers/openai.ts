// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const films = 'openai/openai-openapi openapi.yaml, VideoResource'
const pictures = 'openai/openai-openapi openapi.yaml, ImagesResponse'
const errors = 'openai/openai-openapi openapi.yaml, ErrorResponse'

const film = {
  id: 'video_68d7512d07848190b3e45da0ecbebcde',
  object: 'video',
  model: 'sora-2',
  created_at: 1764500000,
  completed_at: null,
  expires_at: null,
  prompt: 'Ada on a pier',
  size: '1280x720',
  seconds: '4',
  remixed_from_video_id: null,
  error: null,
}

export const openaiVideos = answersOf('openai videos', [
  start(
    'a video',
    films,
    { ...film, status: 'queued', progress: 0 },
    { status: 'processing', jobId: film.id, progress: 0 },
  ),
  status(
    'in the queue',
    films,
    { ...film, status: 'queued', progress: 0 },
    { status: 'processing', progress: 0, stage: 'queue' },
  ),
  status(
    'in progress, one percent',
    films,
    { ...film, status: 'in_progress', progress: 1 },
    { status: 'processing', progress: 1 },
  ),
  status(
    'in progress',
    films,
    { ...film, status: 'in_progress', progress: 45 },
    { status: 'processing', progress: 45 },
  ),
  status(
    'completed: its content needs the key',
    films,
    { ...film, status: 'completed', progress: 100, completed_at: 1764500120, expires_at: 1764586520 },
    { status: 'succeeded' },
  ),
  status(
    'a failure',
    films,
    {
      ...film,
      status: 'failed',
      progress: 30,
      error: { code: 'moderation_blocked', message: 'The moderation blocked this video' },
    },
    { status: 'failed', error: 'The moderation blocked this video' },
  ),
  refusal(
    'a used quota',
    errors,
    429,
    {
      error: {
        message: 'The account has no quota left',
        type: 'insufficient_quota',
        param: null,
        code: 'insufficient_quota',
      },
    },
    'The account has no quota left',
  ),
  refusal(
    'a parameter that is invalid',
    errors,
    400,
    {
      error: {
        message: 'The size is not supported',
        type: 'invalid_request_error',
        param: 'size',
        code: 'invalid_value',
      },
    },
    'The size is not supported',
  ),
])

export const openaiImages = answersOf('openai images', [
  start(
    'a picture at an address',
    pictures,
    {
      created: 1764500000,
      data: [{ url: 'https://cdn.example/openai/ada.png?sig=abc', revised_prompt: 'Ada' }],
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/openai/ada.png?sig=abc' },
  ),
  start(
    'a picture as data',
    pictures,
    { created: 1764500000, output_format: 'png', data: [{ b64_json: 'iVBORw0KGgo=' }] },
    { status: 'succeeded' },
  ),
  refusal(
    'a prompt that is moderated',
    errors,
    400,
    {
      error: {
        message: 'The safety system rejected the prompt',
        type: 'image_generation_user_error',
        param: null,
        code: 'moderation_blocked',
      },
    },
    'The safety system rejected the prompt',
  ),
])
