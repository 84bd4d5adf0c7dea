// cspell:disable
// Providers that were written down after the code that reads them, to see whether it knows more than it was made for.
import { answersOf, refusal, start, status } from './entry.ts'

const tripoSpec = 'Tripo API, version 3 (tryAGI/Tripo src/libs/Tripo/openapi.yaml)'
const task = {
  task_id: '1ec04ced-4b87-44f6-a296-beee80777941',
  type: 'text_to_model',
  input: { prompt: 'A red umbrella', image_url: 'https://shows.example/umbrella.png' },
  created_at: '2026-11-30T10:00:00Z',
}
const fetched = (data: object) => ({ code: 0, status: 'success', data: { ...task, ...data } })

export const tripo = answersOf('tripo', [
  start(
    'a task, in an envelope with a status of its own',
    tripoSpec,
    { code: 0, status: 'success', data: { task_id: task.task_id, type: task.type, status: 'queued' } },
    { status: 'processing', jobId: task.task_id },
  ),
  status('in the queue', tripoSpec, fetched({ status: 'queued', progress: 0 }), {
    status: 'processing',
    stage: 'queue',
  }),
  status('running', tripoSpec, fetched({ status: 'running', progress: 45 }), {
    status: 'processing',
    progress: 45,
  }),
  status(
    'a model, with a picture of it',
    tripoSpec,
    fetched({
      status: 'success',
      progress: 100,
      output: {
        rendered_image_url: 'https://cdn.example/tripo/umbrella.webp',
        model_url: 'https://cdn.example/tripo/umbrella.glb',
      },
      credits_consumed: 20,
    }),
    { status: 'succeeded', outputUrl: 'https://cdn.example/tripo/umbrella.glb' },
  ),
  status(
    'a failure',
    tripoSpec,
    fetched({ status: 'failed', progress: 0, error_code: 2008, error_message: 'The prompt was moderated' }),
    { status: 'failed', error: 'The prompt was moderated' },
  ),
  status('canceled', tripoSpec, fetched({ status: 'cancelled' }), { status: 'canceled' }),
  refusal(
    'a parameter that is invalid, with a suggestion',
    tripoSpec,
    400,
    {
      code: 1004,
      status: 'error',
      message: 'The prompt is empty',
      suggestion: 'Describe the object',
      request_id: 'req-1',
    },
    'The prompt is empty',
  ),
])

const topazSpec = 'Topaz Labs API (tryAGI/Topaz src/libs/Topaz/openapi.yaml)'
const process = {
  process_id: 'd7b3b3b3-7b3b-4b3b-8b3b-3b3b3b3b3b3b',
  source_id: 'e8c4c4c4-8c4c-4c4c-9c4c-4c4c4c4c4c4c',
  filename: 'ada.png',
  input_format: 'png',
  output_format: 'jpeg',
  output_height: 1080,
  output_width: 1920,
  category: 'Enhance',
  model: 'Standard V2',
  eta: 1764500060,
  creation_time: 1764500000,
}

export const topaz = answersOf('topaz', [
  start(
    'a process, with the time of its end',
    topazSpec,
    { process_id: process.process_id, source_id: process.source_id, eta: 1764500060 },
    { status: 'processing', jobId: process.process_id },
  ),
  status('pending', topazSpec, { ...process, status: 'Pending', progress: 0 }, { status: 'processing' }),
  status(
    'processing',
    topazSpec,
    { ...process, status: 'Processing', progress: 60 },
    { status: 'processing', progress: 60 },
  ),
  status(
    'completed: the file has an address of its own',
    topazSpec,
    { ...process, status: 'Completed', progress: 100, credits: 2 },
    { status: 'succeeded' },
  ),
  status('canceled', topazSpec, { ...process, status: 'Cancelled', progress: 10 }, { status: 'canceled' }),
  status(
    'a failure without a reason',
    topazSpec,
    { ...process, status: 'Failed', progress: 10 },
    { status: 'failed' },
  ),
  refusal(
    'not enough credits',
    topazSpec,
    402,
    { code: 402, message: 'The account has no funds' },
    'The account has no funds',
  ),
])

const assemblySpec = 'AssemblyAI API (tryAGI/AssemblyAI src/libs/AssemblyAI/openapi.yaml)'
const transcript = {
  id: '0072a82b-aa22-4962-add2-6121c36c17c6',
  audio_url: 'https://shows.example/ada.mp3',
  webhook_url: 'https://shows.example/hooks/assembly',
  language_model: 'assemblyai_default',
  text: null,
  words: null,
  confidence: null,
  audio_duration: null,
  auto_highlights: true,
}

export const assemblyai = answersOf('assemblyai', [
  start(
    'a transcript, with its audio',
    assemblySpec,
    { ...transcript, status: 'queued' },
    { status: 'processing', jobId: transcript.id },
  ),
  status('processing', assemblySpec, { ...transcript, status: 'processing' }, { status: 'processing' }),
  status(
    'a text, and the results of other models within it',
    assemblySpec,
    {
      ...transcript,
      status: 'completed',
      text: 'Ada walks.',
      words: [{ text: 'Ada', start: 250, end: 650, confidence: 0.97 }],
      confidence: 0.97,
      audio_duration: 4,
      auto_highlights_result: { status: 'success', results: [{ count: 1, rank: 0.08, text: 'Ada' }] },
    },
    { status: 'succeeded' },
  ),
  status(
    'a failure',
    assemblySpec,
    { ...transcript, status: 'error', error: 'The file has no sound' },
    { status: 'failed', error: 'The file has no sound' },
  ),
  refusal(
    'a key that is invalid, with a status',
    assemblySpec,
    401,
    { error: 'The key was not accepted', status: 'error' },
    'The key was not accepted',
  ),
])

const briaPage = 'Bria: Status Service, https://docs.bria.ai/status/endpoints'

export const bria = answersOf('bria', [
  start(
    'a request, with the address of its status',
    briaPage,
    { request_id: 'br-9', status_url: 'https://bria.example/v2/status/br-9' },
    { status: 'processing', jobId: 'br-9' },
  ),
  status('in progress', briaPage, { request_id: 'br-9', status: 'IN_PROGRESS' }, { status: 'processing' }),
  status(
    'a picture, with its prompt',
    briaPage,
    {
      request_id: 'br-9',
      status: 'COMPLETED',
      result: {
        image_url: 'https://cdn.example/bria/ada.png',
        seed: 12,
        prompt: 'Ada',
        refined_prompt: 'Ada, in the style of https://shows.example/style',
      },
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/bria/ada.png' },
  ),
  status(
    'a failure, with HTTP 200',
    briaPage,
    {
      request_id: 'br-9',
      status: 'ERROR',
      error: { code: 123, message: 'The picture was rejected', details: 'A face is covered' },
    },
    { status: 'failed', error: 'The picture was rejected: A face is covered' },
  ),
  status(
    'an error that Bria does not know',
    briaPage,
    { request_id: 'br-9', status: 'UNKNOWN' },
    { status: 'interrupted' },
  ),
])
