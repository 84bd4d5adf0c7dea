import {
  chatUsage,
  type ChatEnd,
  createdAt,
  type Fields,
  messageOf,
  responseOf,
  type ResponseState,
  wordsOf,
} from './openai-bodies.ts'

/** One server-sent event, which is named by its type where it has one. */
export const eventOf = (data: Fields): string => {
  const { type } = data as { readonly type?: string }
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${JSON.stringify(data)}\n\n`
}

/** What is streamed of a response's text: its item and part begin, each word comes, all of them end. */
export function* textEventsOf(id: string, text: string): Generator<Fields> {
  const place = { item_id: `msg_${id}`, output_index: 0, content_index: 0 }
  const part = { type: 'output_text', text: '', annotations: [], logprobs: [] }
  const item = { ...messageOf(id, '', 'in_progress'), content: [] }
  yield { type: 'response.output_item.added', output_index: 0, item }
  yield { type: 'response.content_part.added', ...place, part }
  for (const delta of wordsOf(text))
    yield { type: 'response.output_text.delta', ...place, delta, logprobs: [] }
  yield { type: 'response.output_text.done', ...place, text, logprobs: [] }
  yield { type: 'response.content_part.done', ...place, part: { ...part, text } }
  yield { type: 'response.output_item.done', output_index: 0, item: messageOf(id, text, 'completed') }
}

/** How what is streamed of a response begins. */
export const beginningsOf = (id: string, input: Fields, status: 'queued' | 'in_progress'): Fields[] => {
  const response = responseOf(id, input, { status })
  return [
    { type: 'response.created', response },
    { type: `response.${status}`, response },
  ]
}

/** How it ends. */
export const endingOf = (id: string, input: Fields, state: ResponseState): Fields => ({
  type: `response.${state.status}`,
  response: responseOf(id, input, state),
})

/** The events of one stream, each with its place. */
export const numbered = (events: readonly Fields[]): string[] =>
  events.map((event, place) => eventOf({ ...event, sequence_number: place }))

/** What is streamed of a picture: some that are not done, then the whole. */
export function pictureEventsOf(kind: string, partials: number, picture: string): string[] {
  const about = {
    created_at: createdAt,
    size: '1024x1024',
    quality: 'low',
    background: 'opaque',
    output_format: 'png',
  }
  const partial = (place: number) => ({ partial_image_index: place, b64_json: picture.slice(0, 8) })
  const usage = {
    total_tokens: 30,
    input_tokens: 10,
    output_tokens: 20,
    input_tokens_details: { text_tokens: 10, image_tokens: 0 },
  }
  return [
    ...Array.from({ length: partials }, (_, place) =>
      eventOf({ type: `${kind}.partial_image`, ...about, ...partial(place) }),
    ),
    eventOf({ type: `${kind}.completed`, ...about, b64_json: picture, usage }),
  ]
}

/** The chunks of a chat's answer, without the end mark. */
export function* chatChunksOf(
  id: string,
  model: unknown,
  end: ChatEnd,
  withUsage: boolean,
): Generator<Fields> {
  const { text, finish = 'stop', refusal } = end
  const chunk = (choices: readonly Fields[], usage?: Fields) => ({
    id,
    object: 'chat.completion.chunk',
    created: createdAt,
    model,
    choices,
    ...(withUsage && { usage: usage ?? null }),
  })
  const choice = (delta: Fields, reason: string | null = null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: reason }])
  yield choice({ role: 'assistant', content: '', refusal: null })
  for (const word of wordsOf(refusal ?? text)) yield choice(refusal ? { refusal: word } : { content: word })
  yield choice({}, finish)
  if (withUsage) yield chunk([], chatUsage)
}
