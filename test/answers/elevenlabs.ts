// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const create = 'elevenlabs/elevenlabs-js src/api/types/DoDubbingResponse.ts'
const dubbing =
  'elevenlabs/elevenlabs-js src/api/types/DubbingMetadataResponse.ts; its words from https://elevenlabs.io/docs/api-reference/dubbing/get'
const help =
  'ElevenLabs: API Error Code 400 or 401, https://help.elevenlabs.io/hc/en-us/articles/19572237925521'
const errors = 'ElevenLabs: Errors, https://elevenlabs.io/docs/eleven-api/resources/errors'
const invalid = 'elevenlabs/elevenlabs-js src/api/types/HttpValidationError.ts'

const project = {
  dubbing_id: '21m00Tcm4TlvDq8ikWAM',
  name: 'Ada in Spanish',
  target_languages: ['es'],
  editable: false,
  created_at: '2026-11-30T10:00:00Z',
}

export const elevenlabs = answersOf('elevenlabs', [
  start(
    'a dubbing, with how long it will take',
    create,
    { dubbing_id: '21m00Tcm4TlvDq8ikWAM', expected_duration_sec: 127.5 },
    { status: 'processing', jobId: '21m00Tcm4TlvDq8ikWAM' },
  ),
  status(
    'dubbing',
    dubbing,
    { ...project, status: 'dubbing', media_metadata: null, error: null },
    { status: 'processing', stage: 'dubbing' },
  ),
  status(
    'dubbed: the file has an address of its own for each language',
    dubbing,
    {
      ...project,
      status: 'dubbed',
      source_language: 'en',
      media_metadata: { content_type: 'video/mp4', duration: 127.5 },
      error: null,
    },
    { status: 'succeeded' },
  ),
  status(
    'a failure',
    dubbing,
    { ...project, status: 'failed', error: 'The film has no speech' },
    { status: 'failed', error: 'The film has no speech' },
  ),
  refusal(
    'too many characters',
    help,
    400,
    {
      detail: {
        status: 'max_character_limit_exceeded',
        message: 'The text has 627 characters, and 333 are allowed',
      },
    },
    'The text has 627 characters, and 333 are allowed',
  ),
  refusal(
    'a key that is invalid',
    help,
    401,
    { detail: { status: 'invalid_api_key', message: 'The key was not accepted' } },
    'The key was not accepted',
  ),
  refusal(
    'a used quota',
    help,
    401,
    { detail: { status: 'quota_exceeded', message: 'The quota has 12 credits left, and 90 are needed' } },
    'The quota has 12 credits left, and 90 are needed',
  ),
  refusal(
    'too many calls, in the newer form',
    errors,
    429,
    {
      detail: {
        type: 'rate_limit_error',
        code: 'concurrent_limit_exceeded',
        message: 'Five calls run at a time in this plan',
        request_id: 'req-7',
        param: null,
      },
    },
    'Five calls run at a time in this plan',
  ),
  refusal(
    'a field that is invalid',
    invalid,
    422,
    { detail: [{ loc: ['body', 'target_lang'], msg: 'A target language is needed', type: 'missing' }] },
    'target_lang: A target language is needed',
  ),
])
