// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const client = 'replicate/replicate-javascript index.d.ts, Prediction'
const life = 'Replicate: Prediction lifecycle, https://replicate.com/docs/topics/predictions/lifecycle'
const limits = 'Replicate: Rate limits, https://replicate.com/docs/topics/predictions/rate-limits'

const id = 'rrr4z55ocneqzikepnug6xezpe'
const prediction = {
  id,
  model: 'black-forest-labs/flux-schnell',
  version: 'hidden',
  input: { prompt: 'Ada', image: 'https://shows.example/ada.png' },
  logs: '',
  output: null,
  data_removed: false,
  error: null,
  source: 'api',
  created_at: '2026-11-30T10:00:00.765Z',
  urls: {
    cancel: `https://api.replicate.com/v1/predictions/${id}/cancel`,
    get: `https://api.replicate.com/v1/predictions/${id}`,
    stream: `https://stream.replicate.example/v1/${id}`,
    web: `https://replicate.example/p/${id}`,
  },
}

export const replicate = answersOf('replicate', [
  start(
    'a prediction, with its input and addresses',
    client,
    { ...prediction, status: 'starting' },
    { status: 'processing', jobId: id },
  ),
  start(
    'a prediction that is over at once',
    client,
    {
      ...prediction,
      status: 'succeeded',
      output: ['https://cdn.example/replicate/ada.webp'],
      metrics: { predict_time: 0.5, total_time: 0.6 },
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/replicate/ada.webp' },
  ),
  status('starting', life, { ...prediction, status: 'starting' }, { status: 'processing' }),
  status(
    'processing, with a bar in its log',
    client,
    {
      ...prediction,
      status: 'processing',
      logs: ' 25%|██▌       | 7/28 [00:02<00:07,  2.99it/s]\n',
      started_at: '2026-11-30T10:00:01Z',
    },
    { status: 'processing', progress: 25 },
  ),
  status(
    'processing, with an output so far',
    client,
    { ...prediction, status: 'processing', output: ['https://cdn.example/replicate/draft.webp'] },
    { status: 'processing' },
  ),
  status(
    'two pictures',
    client,
    {
      ...prediction,
      status: 'succeeded',
      output: ['https://cdn.example/replicate/a.webp', 'https://cdn.example/replicate/b.webp'],
      completed_at: '2026-11-30T10:00:09Z',
    },
    {
      status: 'succeeded',
      outputUrl: 'https://cdn.example/replicate/a.webp',
      outputs: ['https://cdn.example/replicate/a.webp', 'https://cdn.example/replicate/b.webp'],
    },
  ),
  status(
    'one video',
    client,
    { ...prediction, status: 'succeeded', output: 'https://cdn.example/replicate/ada.mp4' },
    { status: 'succeeded', outputUrl: 'https://cdn.example/replicate/ada.mp4' },
  ),
  status(
    'a failure',
    client,
    { ...prediction, status: 'failed', error: 'The model ran out of memory', logs: 'Traceback' },
    { status: 'failed', error: 'The model ran out of memory' },
  ),
  status('canceled', life, { ...prediction, status: 'canceled' }, { status: 'canceled' }),
  status(
    'aborted: its deadline came before it began',
    life,
    { ...prediction, status: 'aborted', deadline: '2026-11-30T10:00:30Z' },
    { status: 'canceled' },
  ),
  refusal(
    'too many calls',
    limits,
    429,
    { detail: 'This call was throttled. The limit resets in 30 seconds.' },
    'This call was throttled. The limit resets in 30 seconds.',
  ),
])
