// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const reference = 'D-ID API reference, https://docs.d-id.com/reference (tryAGI/DId src/libs/DId/openapi.json)'
const talks = `${reference}: POST /talks`
const talk = `${reference}: GET /talks/{id}`
const clip = `${reference}: GET /clips/{id}`
const animation = `${reference}: GET /animations/{id}`
const expressive = `${reference}: GET /expressives/{id}`

const running = {
  id: 'tlk_AbCs-xcz',
  user_id: 'google-oauth2|108',
  source_url: 'https://shows.example/ada.png',
  driver_url: 'https://cdn.example/did/drivers/natural.mp4',
  audio_url: 'https://cdn.example/did/audio.wav',
  created_at: '2026-11-30T10:00:00.995Z',
  modified_at: '2026-11-30T10:00:10.000Z',
  webhook: 'https://shows.example/hooks/did',
  config: {
    logo: { url: 'https://cdn.example/did/logo.png', position: [0, 0] },
    stitch: true,
    result_format: 'mp4',
    pad_audio: 0.5,
  },
}
const scene = {
  id: 'exp_51',
  owner_id: 'own-1',
  name: 'Ada says hello',
  thumbnail_url: 'https://cdn.example/did/exp_51.jpg',
  created_at: '2026-11-30T10:00:00.000Z',
  avatar_id: 'ada@calm',
  webhook: 'https://shows.example/hooks/did',
}

export const dId = answersOf('d-id', [
  start(
    'a talk',
    talks,
    {
      id: 'tlk_AbCs-xcz',
      object: 'talk',
      created_at: '2026-11-30T10:00:00.995',
      created_by: '123',
      status: 'created',
    },
    { status: 'processing', jobId: 'tlk_AbCs-xcz' },
  ),
  start(
    'a clip',
    `${reference}: POST /clips`,
    { id: 'clp_s4d-SZd2xs', object: 'clip', created_at: '2026-11-30T10:00:00.995', status: 'created' },
    { status: 'processing', jobId: 'clp_s4d-SZd2xs' },
  ),
  status('created', talk, { ...running, status: 'created' }, { status: 'processing' }),
  status(
    'started',
    talk,
    { ...running, status: 'started', started_at: '2026-11-30T10:00:03.000Z' },
    { status: 'processing' },
  ),
  status(
    'a talk, with all that went into it',
    talk,
    {
      ...running,
      status: 'done',
      metadata: { num_faces: 1, resolution: [512, 512], size_kib: 511.2 },
      result_url: 'https://cdn.example/did/tlk_AbCs-xcz.mp4?Expires=1764586400',
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/did/tlk_AbCs-xcz.mp4?Expires=1764586400' },
  ),
  status(
    'a clip that is done',
    clip,
    {
      id: 'clp_s4d-SZd2xs',
      owner_id: 'own-1',
      audio_url: 'https://cdn.example/did/clip.wav',
      created_at: '2026-11-30T10:00:00.995Z',
      completed_at: '2026-11-30T10:00:40.000Z',
      config: { logo: { url: 'https://cdn.example/did/logo.png', position: [0, 0] }, result_format: 'webm' },
      status: 'done',
      result_url: 'https://cdn.example/did/clp_s4d.webm',
      presenter_id: 'amy-jcwCkr1grs',
      driver_id: 'uM00QMwJ9x',
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/did/clp_s4d.webm' },
  ),
  status(
    'a failure',
    animation,
    {
      id: 'anm_1',
      user_id: 'google-oauth2|108',
      source_url: 'https://shows.example/hill.png',
      driver_url: 'https://cdn.example/did/drivers/natural.mp4',
      created_at: '2026-11-30T10:00:00.995Z',
      modified_at: '2026-11-30T10:00:10.000Z',
      status: 'error',
      error: { kind: 'FaceError', description: 'No face was found' },
    },
    { status: 'failed', error: 'No face was found' },
  ),
  status('a failure without a reason', talk, { ...running, status: 'error' }, { status: 'failed' }),
  status('rejected without a reason', talk, { ...running, status: 'rejected' }, { status: 'failed' }),
  status(
    'rejected',
    expressive,
    {
      ...scene,
      status: 'rejected',
      error: {
        kind: 'TextModerationError',
        description: 'The text was flagged',
        details: { flagged: ['line 2'] },
      },
    },
    { status: 'failed', error: 'The text was flagged' },
  ),
  status(
    'a scene, with its thumbnail and subtitles',
    expressive,
    {
      ...scene,
      status: 'done',
      subtitles_url: 'https://cdn.example/did/exp_51.srt',
      result_url: 'https://cdn.example/did/exp_51.mp4',
      duration: 12.5,
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/did/exp_51.mp4' },
  ),
  refusal(
    'an address that is invalid',
    talks,
    400,
    {
      kind: 'BadRequestError',
      description: 'The picture has no valid address',
      details: { source_url: 'ada' },
    },
    'The picture has no valid address',
  ),
  refusal(
    'not enough credits',
    talks,
    402,
    { kind: 'InsufficientCreditsError', description: 'The plan has no credits left' },
    'The plan has no credits left',
  ),
  refusal(
    'a picture that is moderated',
    talks,
    451,
    { kind: 'ImageModerationError', description: 'The picture was flagged: ask the support to review it' },
    'The picture was flagged: ask the support to review it',
  ),
])
