// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const result = 'BFL API: Get Result, https://docs.bfl.ai/api-reference/utility/get-result'
const errors = 'BFL API: Errors, https://docs.bfl.ai/api_integration/errors'
const model = 'BFL API: AsyncResponse of https://api.bfl.ai/openapi.json'
const hook = 'BFL API: AsyncWebhookResponse of https://api.bfl.ai/openapi.json'

const id = '7c1f2f6e-5a55-4a1c-9f0e-2f5d1f1b9a01'
const empty = { result: null, progress: null, details: null, preview: null }

export const bfl = answersOf('bfl', [
  start(
    'a task',
    model,
    {
      id,
      polling_url: `https://api.eu1.bfl.example/v1/get_result?id=${id}`,
      cost: 4.5,
      input_mp: 0,
      output_mp: 1.05,
    },
    { status: 'processing', jobId: id },
  ),
  start(
    'a task without its cost',
    model,
    { id, polling_url: `https://api.us1.bfl.example/v1/get_result?id=${id}` },
    { status: 'processing', jobId: id },
  ),
  start(
    'a task with a webhook',
    hook,
    { id, status: 'Pending', webhook_url: 'https://shows.example/hooks/bfl', cost: null },
    { status: 'processing', jobId: id },
  ),
  status('pending', result, { id, status: 'Pending', ...empty }, { status: 'processing' }),
  status(
    'pending, with a fraction as progress',
    `${result}; the range 0 to 1 from Comfy-Org/ComfyUI comfy_api_nodes/apis/bfl_api.py`,
    { id, status: 'Pending', ...empty, progress: 0.42 },
    { status: 'processing', progress: 42 },
  ),
  status(
    'pending, with a preview',
    result,
    { id, status: 'Pending', ...empty, progress: 0.8, preview: { step: 16 } },
    { status: 'processing', progress: 80 },
  ),
  status(
    'ready',
    `${result}; the fields of result from vercel/ai packages/black-forest-labs/src/black-forest-labs-image-model.ts`,
    {
      id,
      status: 'Ready',
      ...empty,
      result: {
        sample: 'https://delivery.bfl.example/results/ada.jpeg?se=2026-12-01T10%3A00%3A00Z&sig=abc%3D',
        prompt: 'Ada under a red umbrella',
        seed: 42,
        start_time: 1764500000.25,
        end_time: 1764500006.5,
        duration: 6.25,
      },
    },
    {
      status: 'succeeded',
      outputUrl: 'https://delivery.bfl.example/results/ada.jpeg?se=2026-12-01T10%3A00%3A00Z&sig=abc%3D',
    },
  ),
  status(
    'the prompt was moderated',
    errors,
    { id, status: 'Request Moderated', ...empty },
    { status: 'failed', error: 'Request Moderated' },
  ),
  status(
    'the picture was moderated',
    errors,
    { id, status: 'Content Moderated', ...empty },
    { status: 'failed', error: 'Content Moderated' },
  ),
  status('an error without a reason', result, { id, status: 'Error', ...empty }, { status: 'failed' }),
  status(
    'a task that is not known',
    errors,
    { id, status: 'Task not found', ...empty },
    { status: 'interrupted' },
  ),
  refusal(
    'a value that is out of range',
    'BFL API: HTTPValidationError of https://api.bfl.ai/openapi.json',
    422,
    {
      detail: [
        { loc: ['body', 'safety_tolerance'], msg: 'The tolerance goes up to 5', type: 'less_than_equal' },
      ],
    },
    'safety_tolerance: The tolerance goes up to 5',
  ),
])
