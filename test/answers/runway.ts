// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const spec =
  'Runway API reference, https://docs.dev.runwayml.com/api (tryAGI/Runway src/libs/Runway/openapi.json)'
const sdk = 'runwayml/sdk-node src/resources/tasks.ts'
const failures = 'Runway: Handle Task Failures, https://docs.dev.runwayml.com/errors/task-failures/'

const id = '17f20503-6c24-4c16-946b-35dbbce2af2f'
const task = { id, createdAt: '2026-11-30T10:49:32.334Z' }
const estimatedCost = { credits: 25 }

export const runway = answersOf('runway', [
  start('a task', spec, { id, estimatedCost }, { status: 'processing', jobId: id }),
  start('a task without a cost', sdk, { id }, { status: 'processing', jobId: id }),
  status('pending', sdk, { ...task, status: 'PENDING', estimatedCost }, { status: 'processing' }),
  status(
    'throttled',
    sdk,
    { ...task, status: 'THROTTLED', estimatedCost },
    { status: 'processing', stage: 'throttled' },
  ),
  status(
    'running, with a fraction as progress',
    spec,
    { ...task, status: 'RUNNING', progress: 0.2, estimatedCost },
    { status: 'processing', progress: 20 },
  ),
  status(
    'running, with a fraction that is not exact in binary',
    spec,
    { ...task, status: 'RUNNING', progress: 0.29, estimatedCost },
    { status: 'processing', progress: 29 },
  ),
  status(
    'running, not begun',
    spec,
    { ...task, status: 'RUNNING', progress: 0, estimatedCost },
    { status: 'processing', progress: 0 },
  ),
  status(
    'running, nearly done: the fraction 1 is all of it, not one percent',
    spec,
    { ...task, status: 'RUNNING', progress: 1, estimatedCost },
    { status: 'processing', progress: 100 },
  ),
  status(
    'two outputs',
    sdk,
    {
      ...task,
      status: 'SUCCEEDED',
      output: [
        'https://cdn.example/runway/ada-1.mp4?_jwt=abc',
        'https://cdn.example/runway/ada-2.mp4?_jwt=def',
      ],
      cost: { credits: 25 },
    },
    {
      status: 'succeeded',
      outputUrl: 'https://cdn.example/runway/ada-1.mp4?_jwt=abc',
      outputs: [
        'https://cdn.example/runway/ada-1.mp4?_jwt=abc',
        'https://cdn.example/runway/ada-2.mp4?_jwt=def',
      ],
    },
  ),
  status(
    'an input that is moderated',
    failures,
    {
      ...task,
      status: 'FAILED',
      failure: 'The moderation flagged the picture',
      failureCode: 'SAFETY.INPUT.IMAGE',
      cost: { credits: 0 },
    },
    { status: 'failed', error: 'The moderation flagged the picture' },
  ),
  status(
    'an output of bad quality',
    failures,
    {
      ...task,
      status: 'FAILED',
      failure: 'The result did not pass the check of its quality',
      failureCode: 'INTERNAL.BAD_OUTPUT.CODE01',
    },
    { status: 'failed', error: 'The result did not pass the check of its quality' },
  ),
  status('canceled', sdk, { ...task, status: 'CANCELLED', cost: { credits: 0 } }, { status: 'canceled' }),
  refusal(
    'a field that is invalid',
    spec,
    400,
    {
      error: 'The body is invalid',
      issues: [{ code: 'too_big', path: ['promptText'], message: 'The prompt has 1,000 characters at most' }],
      docUrl: 'https://docs.dev.runwayml.com/api',
    },
    'The body is invalid: promptText: The prompt has 1,000 characters at most',
  ),
  refusal(
    'too many calls',
    spec,
    429,
    { error: 'You have made too many generations today' },
    'You have made too many generations today',
  ),
  refusal(
    'a task that is not known',
    spec,
    404,
    { error: 'The task was not found' },
    'The task was not found',
  ),
])

export const runwayWorkflows = answersOf('runway workflows', [
  status(
    'a workflow that runs, with the outputs so far',
    spec,
    {
      ...task,
      status: 'RUNNING',
      progress: 0.5,
      output: { 'a1b2c3d4-e5f6-7890-abcd-ef1234567890': ['https://cdn.example/runway/draft.jpg'] },
    },
    { status: 'processing', progress: 50 },
  ),
  status(
    'a workflow that has succeeded, with an output for each node',
    spec,
    {
      ...task,
      status: 'SUCCEEDED',
      output: { 'b2c3d4e5-f6a7-8901-bcde-f12345678901': ['https://cdn.example/runway/final.mp4'] },
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/runway/final.mp4' },
  ),
])
