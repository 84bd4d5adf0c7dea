// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const create =
  'HeyGen API: Create Avatar Video (V2), https://docs.heygen.com/reference/create-an-avatar-video-v2'
const details = 'HeyGen API: Retrieve Video Status/Details, https://docs.heygen.com/reference/video-status'
const guide = 'HeyGen: Create Video, https://docs.heygen.com/docs/create-video'
const translation =
  'HeyGen API: Check Translation Status, https://docs.heygen.com/reference/video-translate-status'
const codes = 'HeyGen API: Error Codes, https://developers.heygen.com/docs/error-codes'
const v3 = 'HeyGen API: Get Video, https://developers.heygen.com/reference/get-video'

const video = {
  callback_id: null,
  caption_url: null,
  duration: null,
  error: null,
  gif_url: null,
  id: 'vid-51',
  thumbnail_url: null,
  video_url: null,
  video_url_caption: null,
}
const answered = (data: object) => ({ code: 100, data: { ...video, ...data }, message: 'Success' })
const translated = (data: object) => ({
  error: null,
  data: { video_translate_id: 'tr-9', title: 'Ada in Japanese', url: null, message: null, ...data },
})

export const heygen = answersOf('heygen', [
  start(
    'a video',
    create,
    { error: null, data: { video_id: 'vid-51' } },
    { status: 'processing', jobId: 'vid-51' },
  ),
  status('pending', details, answered({ status: 'pending' }), { status: 'processing' }),
  status('waiting', guide, answered({ status: 'waiting' }), { status: 'processing' }),
  status('processing', details, answered({ status: 'processing' }), { status: 'processing' }),
  status(
    'a video, with a preview, a thumbnail and captions',
    details,
    answered({
      status: 'completed',
      caption_url: 'https://cdn.example/heygen/vid-51.ass',
      gif_url: 'https://cdn.example/heygen/vid-51.gif',
      thumbnail_url: 'https://cdn.example/heygen/vid-51.jpeg',
      video_url: 'https://cdn.example/heygen/vid-51.mp4?Expires=1765104800',
      video_url_caption: 'https://cdn.example/heygen/vid-51-caption.mp4?Expires=1765104800',
      created_at: 1764500000,
      duration: 12.6,
    }),
    { status: 'succeeded', outputUrl: 'https://cdn.example/heygen/vid-51.mp4?Expires=1765104800' },
  ),
  status(
    'a failure',
    details,
    answered({
      status: 'failed',
      error: {
        code: 40119,
        detail: 'Plans of this size make at most 180 seconds',
        message: 'The video is longer than your plan allows',
      },
    }),
    {
      status: 'failed',
      error: 'The video is longer than your plan allows: Plans of this size make at most 180 seconds',
    },
  ),
  status('a translation in the queue', translation, translated({ status: 'pending' }), {
    status: 'processing',
  }),
  status('a translation that runs', translation, translated({ status: 'running' }), { status: 'processing' }),
  status(
    'a translation that is done',
    translation,
    translated({ status: 'success', url: 'https://cdn.example/heygen/tr-9.mp4' }),
    { status: 'succeeded', outputUrl: 'https://cdn.example/heygen/tr-9.mp4' },
  ),
  status(
    'a translation that failed',
    translation,
    translated({ status: 'failed', message: 'No speech was found' }),
    { status: 'failed', error: 'No speech was found' },
  ),
  status(
    'a video of version 3',
    v3,
    {
      data: {
        id: 'vid-52',
        status: 'completed',
        title: 'Ada says hello',
        created_at: 1764500000,
        completed_at: 1764500200,
        thumbnail_url: 'https://cdn.example/heygen/vid-52.jpg',
        gif_url: 'https://cdn.example/heygen/vid-52.gif',
        captioned_video_url: 'https://cdn.example/heygen/vid-52-captioned.mp4',
        subtitle_url: 'https://cdn.example/heygen/vid-52.srt',
        video_url: 'https://cdn.example/heygen/vid-52.mp4',
        duration: 30.5,
        folder_id: 'fld-1',
        video_page_url: 'https://app.heygen.example/video/vid-52',
      },
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/heygen/vid-52.mp4' },
  ),
  status(
    'a video of version 3 in the queue',
    v3,
    { data: { id: 'vid-52', status: 'pending', title: 'Ada says hello', created_at: 1764500000 } },
    { status: 'processing' },
  ),
  status(
    'a failure of version 3',
    v3,
    {
      data: {
        id: 'vid-52',
        status: 'failed',
        title: 'Ada says hello',
        failure_code: 'rendering_failed',
        failure_message: 'The avatar took too long to render',
      },
    },
    { status: 'failed', error: 'The avatar took too long to render' },
  ),
  refusal(
    'not enough credits',
    codes,
    402,
    {
      error: {
        code: 'insufficient_credit',
        message: 'The video costs 10 credits, and the account has 5',
        doc_url: 'https://developers.heygen.com/docs/error-codes#insufficient-credit',
      },
    },
    'The video costs 10 credits, and the account has 5',
  ),
  refusal(
    'a parameter that is invalid',
    codes,
    400,
    {
      error: {
        code: 'invalid_parameter',
        message: 'The voice is not known',
        param: 'voice_id',
        doc_url: 'https://developers.heygen.com/docs/error-codes#invalid-parameter',
      },
    },
    'The voice is not known',
  ),
])
