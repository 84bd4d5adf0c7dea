// cspell:disable
import { answersOf, refusal, start, status } from './entry.ts'

const create =
  'Leonardo.Ai API: Create a Generation of Images, https://docs.leonardo.ai/reference/creategeneration (tryAGI/Leonardo docs/openapi.json)'
const motion =
  'Leonardo.Ai API: Create Image to Video Generation, https://docs.leonardo.ai/reference/createimagetovideogeneration (tryAGI/Leonardo docs/openapi.json)'
const single = 'Leonardo-Interactive/leonardo-ts-sdk src/sdk/models/operations/getgenerationbyid.ts'
const variation =
  'Leonardo.Ai API: Get variation by ID, https://docs.leonardo.ai/reference/getvariationbyid (tryAGI/Leonardo docs/openapi.json)'
const errors = 'Leonardo.Ai: API Error Messages, https://docs.leonardo.ai/docs/api-error-messages'

const generationId = 'a1b2c3d4-e5f6-4890-abcd-ef1234567890'
const generation = {
  id: generationId,
  createdAt: '2026-11-30T10:00:00.000',
  modelId: 'b24e16ff-06e3-43eb-8d33-4416c2d75876',
  prompt: 'Ada in the rain',
  imageHeight: 768,
  imageWidth: 1024,
  inferenceSteps: 15,
  seed: 465788672,
  public: false,
  generation_elements: [],
}
const picture = (id: string) => ({
  id,
  url: `https://cdn.example/leonardo/${id}.jpg`,
  nsfw: false,
  likeCount: 0,
  motionMP4URL: null,
  generated_image_variation_generics: [],
})

export const leonardo = answersOf('leonardo', [
  start(
    'a generation',
    create,
    { sdGenerationJob: { generationId, apiCreditCost: 11 } },
    { status: 'processing', jobId: generationId },
  ),
  start(
    'a generation that is paid in dollars',
    create,
    {
      sdGenerationJob: { generationId, apiCreditCost: null, cost: { amount: '0.0147', unit: 'DOLLARS' } },
    },
    { status: 'processing', jobId: generationId },
  ),
  start(
    'a video',
    motion,
    { motionVideoGenerationJob: { generationId, apiCreditCost: 120 } },
    { status: 'processing', jobId: generationId },
  ),
  status(
    'pending',
    single,
    { generations_by_pk: { ...generation, status: 'PENDING', generated_images: [] } },
    { status: 'processing' },
  ),
  status(
    'two pictures',
    single,
    {
      generations_by_pk: {
        ...generation,
        status: 'COMPLETE',
        generated_images: [picture('ada-1'), picture('ada-2')],
      },
    },
    {
      status: 'succeeded',
      outputUrl: 'https://cdn.example/leonardo/ada-1.jpg',
      outputs: ['https://cdn.example/leonardo/ada-1.jpg', 'https://cdn.example/leonardo/ada-2.jpg'],
    },
  ),
  status(
    'a video, with its first picture',
    single,
    {
      generations_by_pk: {
        ...generation,
        status: 'COMPLETE',
        generated_images: [
          {
            ...picture('ada-3'),
            motion: true,
            imageToVideo: true,
            motionModel: 'MOTION2',
            motionMP4URL: 'https://cdn.example/leonardo/ada-3.mp4',
          },
        ],
      },
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/leonardo/ada-3.mp4' },
  ),
  status(
    'a failure without a reason',
    single,
    { generations_by_pk: { ...generation, status: 'FAILED', generated_images: [] } },
    { status: 'failed' },
  ),
  status(
    'a larger picture, in a list of one',
    variation,
    {
      generated_image_variation_generic: [
        {
          id: 'var-1',
          createdAt: '2026-11-30T10:00:00.000',
          status: 'COMPLETE',
          transformType: 'UPSCALE',
          url: 'https://cdn.example/leonardo/ada-1-large.jpg',
        },
      ],
    },
    { status: 'succeeded', outputUrl: 'https://cdn.example/leonardo/ada-1-large.jpg' },
  ),
  refusal(
    'a key that is invalid',
    errors,
    401,
    { error: 'The key was not accepted', path: '$', code: 'access-denied' },
    'The key was not accepted',
  ),
  refusal(
    'a file of the wrong kind',
    errors,
    400,
    { error: 'A file of this kind cannot be used', path: '$', code: 'unexpected' },
    'A file of this kind cannot be used',
  ),
])
