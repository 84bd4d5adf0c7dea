// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const spec = 'lumalabs/lumaai-api openapi.yaml'
const sdk = 'lumalabs/lumaai-node src/resources/generations/generations.ts'

const generation = {
  id: '123e4567-e89b-42d3-a456-426614174000',
  created_at: '2026-11-30T12:00:00Z',
  generation_type: 'video',
  model: 'ray-2',
}
const request = {
  generation_type: 'video',
  model: 'ray-2',
  prompt: 'Bo rows across a still lake',
  aspect_ratio: '16:9',
  loop: false,
  keyframes: { frame0: { type: 'image', url: 'https://shows.example/bo.jpg' } },
  callback_url: 'https://shows.example/hooks/luma',
}

export const luma = answersOf('luma', [
  start(
    'a generation, with the picture that it begins with',
    spec,
    { ...generation, state: 'queued', failure_reason: null, assets: null, request },
    { status: 'processing', jobId: generation.id },
  ),
  start(
    'a picture',
    sdk,
    {
      ...generation,
      generation_type: 'image',
      model: 'photon-1',
      state: 'queued',
      failure_reason: null,
      assets: null,
      request: { generation_type: 'image', model: 'photon-1', prompt: 'Bo at the window' },
    },
    { status: 'processing', jobId: generation.id },
  ),
  status(
    'in the queue',
    sdk,
    { ...generation, state: 'queued', failure_reason: null, assets: null, request },
    { status: 'processing', stage: 'queue' },
  ),
  status(
    'dreaming',
    sdk,
    { ...generation, state: 'dreaming', failure_reason: null, assets: null, request },
    { status: 'processing', stage: 'dreaming' },
  ),
  status(
    'dreaming, with a film of its progress',
    sdk,
    {
      ...generation,
      state: 'dreaming',
      failure_reason: null,
      assets: { progress_video: 'https://cdn.example/luma/progress.mp4' },
      request,
    },
    { status: 'processing', stage: 'dreaming' },
  ),
  status(
    'a video, with its first picture and the film of its progress',
    sdk,
    {
      ...generation,
      state: 'completed',
      failure_reason: null,
      assets: {
        image: 'https://cdn.example/luma/bo-first.jpg',
        progress_video: 'https://cdn.example/luma/progress.mp4',
        video: 'https://cdn.example/luma/bo.mp4',
      },
      request,
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/luma/bo.mp4' },
  ),
  status(
    'a picture that is done',
    spec,
    {
      ...generation,
      generation_type: 'image',
      model: 'photon-1',
      state: 'completed',
      failure_reason: null,
      assets: { image: 'https://cdn.example/luma/bo.jpg' },
      request: {
        generation_type: 'image',
        prompt: 'Bo at the window',
        image_ref: [{ url: 'https://shows.example/bo.jpg', weight: 0.85 }],
      },
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/luma/bo.jpg' },
  ),
  status(
    'a failure',
    sdk,
    {
      ...generation,
      state: 'failed',
      failure_reason: 'The prompt names a real person',
      assets: null,
      request,
    },
    { status: 'failed', error: 'The prompt names a real person' },
  ),
  refusal(
    'a key that is invalid',
    spec,
    401,
    { detail: 'This is not a valid key' },
    'This is not a valid key',
  ),
  refusal(
    'too many calls',
    spec,
    429,
    { detail: 'Only ten generations run at a time' },
    'Only ten generations run at a time',
  ),
])
