// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const operation = 'googleapis/js-genai src/types.ts, GenerateVideosOperation'
const response =
  'googleapis/js-genai src/converters/_operations_converters.ts, generateVideosResponseFromVertex'
const page =
  'Vertex AI: Veo API, https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation'
const errors = 'Google API: Errors (AIP-193), https://google.aip.dev/193'

const name =
  'projects/shows/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/a1b07c8e-7b5a-4aba-bb34-3e1ccb8afcc8'
const type = 'type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse'

export const vertex = answersOf('vertex', [
  start('an operation', page, { name }, { status: 'processing', jobId: name }),
  status('an operation that says no more than its name', page, { name }, { status: 'processing' }),
  status('an operation that is not done', operation, { name, done: false }, { status: 'processing' }),
  status(
    'a video in a bucket',
    page,
    {
      name,
      done: true,
      response: {
        '@type': type,
        raiMediaFilteredCount: 0,
        videos: [{ gcsUri: 'gs://shows/ada/sample_0.mp4', mimeType: 'video/mp4' }],
      },
    },
    { status: 'succeeded', outputUrl: 'gs://shows/ada/sample_0.mp4' },
  ),
  status(
    'two videos in a bucket',
    page,
    {
      name,
      done: true,
      response: {
        '@type': type,
        videos: [
          { gcsUri: 'gs://shows/ada/sample_0.mp4', mimeType: 'video/mp4' },
          { gcsUri: 'gs://shows/ada/sample_1.mp4', mimeType: 'video/mp4' },
        ],
      },
    },
    {
      status: 'succeeded',
      outputUrl: 'gs://shows/ada/sample_0.mp4',
      outputs: ['gs://shows/ada/sample_0.mp4', 'gs://shows/ada/sample_1.mp4'],
    },
  ),
  status(
    'a video as data',
    response,
    {
      name,
      done: true,
      response: {
        '@type': type,
        videos: [{ bytesBase64Encoded: 'AAAAIGZ0eXBpc29t', mimeType: 'video/mp4' }],
      },
    },
    { status: 'succeeded' },
  ),
  status(
    'a video that is filtered: done, with HTTP 200',
    response,
    {
      name,
      done: true,
      response: {
        '@type': type,
        raiMediaFilteredCount: 1,
        raiMediaFilteredReasons: ['The film was held back by the safety filter'],
      },
    },
    { status: 'failed', error: 'The film was held back by the safety filter' },
  ),
  status(
    'a failure',
    operation,
    { name, done: true, error: { code: 3, message: 'The picture has no valid size', details: [] } },
    { status: 'failed', error: 'The picture has no valid size' },
  ),
  refusal(
    'a project without the permission',
    errors,
    403,
    { error: { code: 403, message: 'The project may not use this model', status: 'PERMISSION_DENIED' } },
    'The project may not use this model',
  ),
])
