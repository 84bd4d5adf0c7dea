// cspell:disable
import { answersOf, refusal, start } from './entry.ts'

const page =
  'Ideogram API: Generate with Ideogram 3.0, https://developer.ideogram.ai/api-reference/api-reference/generate-v3 (tryAGI/Ideogram src/libs/Ideogram/openapi.json)'

const picture = {
  prompt: 'A poster with the words NEON NOIR',
  resolution: '1024x1024',
  upscaled_resolution: null,
  is_image_safe: true,
  seed: 12345,
  style_type: 'DESIGN',
}

export const ideogram = answersOf('ideogram', [
  start(
    'a picture',
    page,
    {
      created: '2026-11-30T10:00:00Z',
      data: [{ ...picture, url: 'https://cdn.example/ideogram/poster.png?sig=abc' }],
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/ideogram/poster.png?sig=abc' },
  ),
  start(
    'a picture that is not safe: it has no address',
    page,
    { created: '2026-11-30T10:00:00Z', data: [{ ...picture, is_image_safe: false, url: null }] },
    { status: 'failed' },
  ),
  start(
    'one picture of two: the other is not safe',
    page,
    {
      created: '2026-11-30T10:00:00Z',
      data: [
        { ...picture, is_image_safe: false, url: null },
        { ...picture, url: 'https://cdn.example/ideogram/poster-2.png' },
      ],
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/ideogram/poster-2.png' },
  ),
  refusal(
    'a prompt that failed the safety check',
    page,
    422,
    { error: 'The prompt did not pass the check' },
    'The prompt did not pass the check',
  ),
])
