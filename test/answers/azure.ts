// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const pictures =
  'Azure OpenAI Service REST API reference: image generation (DALL-E 2), https://learn.microsoft.com/azure/ai-services/openai/reference'
const now =
  'Azure OpenAI Service REST API reference: image generation (DALL-E 3), https://learn.microsoft.com/azure/ai-services/openai/reference'
const films =
  'Azure OpenAI: Video generation quickstart, https://learn.microsoft.com/azure/ai-services/openai/video-generation-quickstart'
const errors =
  'Microsoft REST API Guidelines: error condition responses, https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md'

const id = '4b755937-3173-4b49-bf3f-da6702a3971a'
const job = {
  object: 'video.generation.job',
  id: 'task_01jwcet0eje35tc5jy54yjax5q',
  created_at: 1764469875,
  finished_at: null,
  expires_at: null,
  generations: [],
  prompt: 'Bo plays the piano',
  model: 'sora',
  n_variants: 1,
  n_seconds: 5,
  height: 480,
  width: 480,
  failure_reason: null,
}

export const azure = answersOf('azure', [
  start('a picture', pictures, { id, status: 'notRunning' }, { status: 'processing', jobId: id }),
  status(
    'not running yet',
    pictures,
    { created: 1764485064, id, status: 'notRunning' },
    { status: 'processing' },
  ),
  status('running', pictures, { created: 1764485064, id, status: 'running' }, { status: 'processing' }),
  status(
    'two pictures',
    pictures,
    {
      created: 1764485064,
      expires: 1764571464,
      id,
      result: {
        data: [
          { url: 'https://cdn.example/azure/bo-1.png?se=2026-12-01&sig=abc' },
          { url: 'https://cdn.example/azure/bo-2.png?se=2026-12-01&sig=def' },
        ],
      },
      status: 'succeeded',
    },
    {
      status: 'succeeded',
      outputUrl: 'https://cdn.example/azure/bo-1.png?se=2026-12-01&sig=abc',
      outputs: [
        'https://cdn.example/azure/bo-1.png?se=2026-12-01&sig=abc',
        'https://cdn.example/azure/bo-2.png?se=2026-12-01&sig=def',
      ],
    },
  ),
  status('canceled', pictures, { created: 1764485064, id, status: 'canceled' }, { status: 'canceled' }),
  status(
    'a failure without a reason',
    pictures,
    { created: 1764485064, id, status: 'failed' },
    { status: 'failed' },
  ),
  start(
    'pictures at once',
    now,
    {
      created: 1764485064,
      data: [
        {
          url: 'https://cdn.example/azure/bo-1.png?sig=abc',
          revised_prompt: 'Bo at a piano, seen from above',
        },
        { url: 'https://cdn.example/azure/bo-2.png?sig=def' },
      ],
    },
    {
      status: 'succeeded',
      outputUrl: 'https://cdn.example/azure/bo-1.png?sig=abc',
      outputs: ['https://cdn.example/azure/bo-1.png?sig=abc', 'https://cdn.example/azure/bo-2.png?sig=def'],
    },
  ),
  start(
    'a film',
    films,
    { ...job, status: 'queued' },
    { status: 'processing', jobId: 'task_01jwcet0eje35tc5jy54yjax5q' },
  ),
  status(
    'a film in the queue',
    films,
    { ...job, status: 'queued' },
    { status: 'processing', stage: 'queue' },
  ),
  status(
    'a film that is prepared',
    films,
    { ...job, status: 'preprocessing' },
    { status: 'processing', stage: 'preprocessing' },
  ),
  status('a film that runs', films, { ...job, status: 'running' }, { status: 'processing' }),
  status('a film that is processed', films, { ...job, status: 'processing' }, { status: 'processing' }),
  status(
    'a film: its content has an address of its own',
    films,
    {
      ...job,
      status: 'succeeded',
      finished_at: 1764469955,
      expires_at: 1764556355,
      generations: [
        {
          object: 'video.generation',
          id: 'gen_01jwcet8',
          job_id: job.id,
          created_at: 1764469950,
          width: 480,
          height: 480,
          n_seconds: 5,
          prompt: 'Bo plays the piano',
        },
      ],
    },
    { status: 'succeeded' },
  ),
  status(
    'a film that failed',
    films,
    {
      ...job,
      status: 'failed',
      finished_at: 1764469955,
      failure_reason: 'The input did not pass the moderation',
    },
    { status: 'failed', error: 'The input did not pass the moderation' },
  ),
  status('a film that is canceled', films, { ...job, status: 'cancelled' }, { status: 'canceled' }),
  refusal(
    'too many calls',
    errors,
    429,
    { error: { code: '429', message: 'The tier S0 allows two calls in ten seconds' } },
    'The tier S0 allows two calls in ten seconds',
  ),
  refusal(
    'an inner error beside the message',
    errors,
    400,
    {
      error: {
        code: 'BadArgument',
        message: 'The prompt was filtered',
        target: 'prompt',
        details: [{ code: 'Filtered', message: 'violence: high' }],
        innererror: { code: 'ContentFilter' },
      },
    },
    'The prompt was filtered',
  ),
])
