// cspell:disable
import { answersOf, refusal } from './entry.ts'

const page = 'FastAPI: Handling Errors, https://fastapi.tiangolo.com/tutorial/handling-errors/'
const models = 'Pydantic: Errors, https://docs.pydantic.dev/latest/errors/errors/'

export const fastapi = answersOf('fastapi', [
  refusal(
    'a field that is invalid',
    page,
    422,
    { detail: [{ loc: ['body', 'size'], msg: 'The size is a whole number', type: 'type_error.integer' }] },
    'size: The size is a whole number',
  ),
  refusal(
    'a field that is missing, with its input',
    models,
    422,
    {
      detail: [
        {
          type: 'missing',
          loc: ['body', 'prompt'],
          msg: 'A prompt is needed',
          input: { size: 'XL' },
          url: 'https://errors.pydantic.dev/2.12/v/missing',
        },
      ],
    },
    'prompt: A prompt is needed',
  ),
  refusal(
    'the body beside the errors',
    page,
    422,
    {
      detail: [{ loc: ['body', 'size'], msg: 'The size is a whole number', type: 'type_error.integer' }],
      body: { title: 'A towel', size: 'XL', message: 'hello' },
    },
    'size: The size is a whole number',
  ),
  refusal('one sentence', page, 418, { detail: 'There are no more yachts' }, 'There are no more yachts'),
  refusal(
    'another name for it',
    page,
    418,
    { message: 'There was a rainbow of errors' },
    'There was a rainbow of errors',
  ),
])
