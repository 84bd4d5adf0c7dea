// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const reference =
  'Synthesia API reference, https://docs.synthesia.io/reference (tryAGI/Synthesia src/libs/Synthesia/openapi.yaml)'
const create = `${reference}: POST /v2/videos`
const single = `${reference}: GET /v2/videos/{video_id}`
const dubbing = `${reference}: POST /v2/dubbing`
const project = `${reference}: GET /v2/dubbing/{dubbing_project_id}`

const id = 'b5a3f6d0-9f5a-4a39-8d3d-1f2c3b4a5d6e'
const video = {
  id,
  title: 'Ada says hello',
  description: 'The first film',
  createdAt: 1764500000,
  lastUpdatedAt: 1764500010,
  visibility: 'private',
  input: [
    { avatar: 'anna_costume1_cameraA', background: 'https://shows.example/room.jpg', scriptText: 'Hello' },
  ],
}

export const synthesia = answersOf('synthesia', [
  start(
    'a video, with its input',
    create,
    { ...video, status: 'in_progress' },
    { status: 'processing', jobId: id },
  ),
  status('in progress', single, { ...video, status: 'in_progress' }, { status: 'processing' }),
  status(
    'a video, with captions, a thumbnail and its input',
    single,
    {
      captions: {
        srt: 'https://cdn.example/synthesia/ada.srt',
        vtt: 'https://cdn.example/synthesia/ada.vtt',
      },
      ...video,
      status: 'complete',
      download: 'https://cdn.example/synthesia/ada.mp4?X-Amz-Signature=abc',
      duration: '0:00:11.712000',
      thumbnail: {
        image: 'https://cdn.example/synthesia/ada.jpg',
        gif: 'https://cdn.example/synthesia/ada.gif',
      },
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/synthesia/ada.mp4?X-Amz-Signature=abc' },
  ),
  status('a failure without a reason', single, { ...video, status: 'error' }, { status: 'failed' }),
  status('rejected without a reason', single, { ...video, status: 'rejected' }, { status: 'failed' }),
  start(
    'a dubbing',
    dubbing,
    { createdImportedAsset: { id: 'dub-1' } },
    { status: 'processing', jobId: 'dub-1' },
  ),
  status(
    'a dubbing that is uploaded',
    project,
    { id: 'dub-1', status: 'uploading' },
    {
      status: 'processing',
      stage: 'uploading',
    },
  ),
  status(
    'a dubbing in progress, with one language that is complete',
    project,
    {
      id: 'dub-1',
      status: 'in_progress',
      dubbedAssets: [
        {
          id: 'es-1',
          language: 'es-ES',
          status: 'complete',
          download: 'https://cdn.example/synthesia/es.mp4',
        },
        { id: 'ja-1', language: 'ja-JP', status: 'in_progress' },
      ],
    },
    { status: 'processing' },
  ),
  status(
    'a dubbing that is complete',
    project,
    {
      id: 'dub-1',
      status: 'complete',
      dubbedAssets: [
        {
          id: 'es-1',
          title: 'Ada dice hola',
          language: 'es-ES',
          status: 'complete',
          createdAt: 1764500000,
          visibility: 'private',
          thumbnail: {
            image: 'https://cdn.example/synthesia/es.jpg',
            gif: 'https://cdn.example/synthesia/es.gif',
          },
          captions: {
            srt: 'https://cdn.example/synthesia/es.srt',
            vtt: 'https://cdn.example/synthesia/es.vtt',
          },
          download: 'https://cdn.example/synthesia/es.mp4',
        },
      ],
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/synthesia/es.mp4' },
  ),
  status(
    'a dubbing that failed, with no more than a code',
    project,
    { id: 'dub-1', status: 'error', errorCode: 'video_duration_limit_reached' },
    { status: 'failed', error: 'video_duration_limit_reached' },
  ),
  refusal(
    'a request that is invalid',
    create,
    400,
    { error: 'The avatar is not known', context: 'input[0].avatar' },
    'The avatar is not known',
  ),
  refusal(
    'languages that cannot be dubbed',
    dubbing,
    400,
    { dubbedErrors: [{ error: 'This language is not supported', language: 'tlh' }] },
    'This language is not supported',
  ),
])
