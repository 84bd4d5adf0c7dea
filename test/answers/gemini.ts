// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const operation = 'googleapis/js-genai src/types.ts, GenerateVideosOperation'
const response =
  'googleapis/js-genai src/converters/_operations_converters.ts, generateVideosResponseFromMldev'
const errors = 'Google API: Errors (AIP-193), https://google.aip.dev/193'
const predictions =
  'googleapis/js-genai src/converters/_models_converters.ts, generateImagesResponseFromMldev'

const name = 'models/veo-3.1-generate-preview/operations/mg3pt9cbmvr1'

export const gemini = answersOf('gemini', [
  start('an operation', operation, { name }, { status: 'processing', jobId: name }),
  status('an operation that says no more than its name', operation, { name }, { status: 'processing' }),
  status(
    'an operation that is not done',
    operation,
    {
      name,
      metadata: {
        '@type': 'type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningMetadata',
      },
      done: false,
    },
    { status: 'processing' },
  ),
  status(
    'a video',
    response,
    {
      name,
      done: true,
      response: {
        '@type': 'type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse',
        generateVideoResponse: {
          generatedSamples: [
            { video: { uri: 'https://files.example/v1beta/files/ada-7:download?alt=media' } },
          ],
        },
      },
    },
    { status: 'succeeded', outputUrl: 'https://files.example/v1beta/files/ada-7:download?alt=media' },
  ),
  status(
    'a video that is filtered: done, with HTTP 200',
    response,
    {
      name,
      done: true,
      response: {
        generateVideoResponse: {
          raiMediaFilteredCount: 1,
          raiMediaFilteredReasons: ['The film shows a real person. Change the prompt.'],
        },
      },
    },
    { status: 'failed', error: 'The film shows a real person. Change the prompt.' },
  ),
  status(
    'one video of two: the other is filtered',
    response,
    {
      name,
      done: true,
      response: {
        generateVideoResponse: {
          generatedSamples: [
            { video: { uri: 'https://files.example/v1beta/files/ada-8:download?alt=media' } },
          ],
          raiMediaFilteredCount: 1,
          raiMediaFilteredReasons: ['One film shows a real person'],
        },
      },
    },
    { status: 'succeeded', outputUrl: 'https://files.example/v1beta/files/ada-8:download?alt=media' },
  ),
  status(
    'a failure',
    operation,
    { name, done: true, error: { code: 13, message: 'The model is overloaded' } },
    { status: 'failed', error: 'The model is overloaded' },
  ),
  refusal(
    'a used quota',
    errors,
    429,
    {
      error: {
        code: 429,
        message: 'The quota of this day is used',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '42s' }],
      },
    },
    'The quota of this day is used',
  ),
  refusal(
    'an argument that is invalid',
    errors,
    400,
    { error: { code: 400, message: 'The duration is 4, 6 or 8 seconds', status: 'INVALID_ARGUMENT' } },
    'The duration is 4, 6 or 8 seconds',
  ),
])

export const imagen = answersOf('imagen', [
  start(
    'pictures at once, as data',
    predictions,
    { predictions: [{ mimeType: 'image/png', bytesBase64Encoded: 'iVBORw0KGgo=' }] },
    { status: 'succeeded' },
  ),
  start(
    'pictures that are filtered, with HTTP 200',
    predictions,
    { predictions: [{ raiFilteredReason: 'The picture may show violence' }] },
    { status: 'failed', error: 'The picture may show violence' },
  ),
])
