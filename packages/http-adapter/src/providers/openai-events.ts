import type { Job } from '@callsheet/core'
import type { EventSourceMessage } from 'eventsource-parser'
import { failed } from '../route/answers.ts'
import { begin } from './begin.ts'
import { chatState, fieldsOf, imagesState, listOf, responseState, textIn } from './openai-state.ts'
import { type EventPatch, type OnEvent, readEvents } from '../fetch/read-events.ts'
import type { ReadStream, StreamRun } from '../route/read-stream.ts'
import { stages } from './stage.ts'

const provider = 'openai'
const writing = 'writing'
const thinking = 'thinking'
const calling = 'calling a tool'

/** What a response is about, by the beginning of an event's type. */
const phases: readonly (readonly [type: string, stage: string])[] = [
  ['response.output_text.', writing],
  ['response.refusal.', writing],
  ['response.reasoning', thinking],
  ['response.image_generation_call.', 'drawing'],
  ['response.web_search_call.', 'searching'],
  ['response.file_search_call.', 'searching'],
  ['response.code_interpreter_call', 'running code'],
  ['response.function_call_arguments.', calling],
  ['response.mcp_call', calling],
]

/** Reads the stream of a response. One that is made in the background is a job, whatever comes of the stream. */
export const readResponse = (handleOf: (id: unknown) => Job | undefined): ReadStream =>
  toTheEnd(() => (message) => {
    const phase = phases.find(([type]) => typeOf(message).startsWith(type))
    if (phase) return { stage: phase[1] }
    const fields = parse(message.data)
    const { type, response } = fields
    if (type === 'error') return failed(fields['error'] ?? fields)
    const { id, background } = fieldsOf(response)
    const state = responseState(response)
    if (state.status === undefined) return undefined
    const handle = background === true ? handleOf(id) : undefined
    const isGoingOn = state.status === 'starting' || state.status === 'processing'
    if (isGoingOn && !handle) return { stage: state.stage ?? stages.running }
    return begin(state, { provider, body: response, handle }) as EventPatch
  })

/** Reads the stream of a chat. */
export const readChat: ReadStream = toTheEnd(() => {
  const message: Record<string, unknown> = {}
  return ({ data }, known) => {
    // Not every server that speaks like OpenAI says how it has finished.
    if (data === '[DONE]') return known.status ? undefined : finishedWith(message, 'stop')
    const chunk = parse(data)
    if (chunk['error']) return failed(chunk['error'])
    let patch: EventPatch | undefined
    for (const { delta, finish_reason: reason } of listOf(chunk['choices'])) {
      const { content, refusal, tool_calls: calls, audio } = fieldsOf(delta)
      if (content) message['content'] = writing
      if (refusal) message['refusal'] = textIn(message['refusal']) + textIn(refusal)
      if (calls) message['tool_calls'] = calls
      if (audio) message['audio'] = audio
      if (reason) patch = finishedWith(message, reason, chunk['model'])
      else if (known.status === undefined)
        patch ??= { stage: calls ? calling : content ? writing : stages.running }
    }
    return patch
  }
})

const finishedWith = (message: object, reason: unknown, model?: unknown): EventPatch =>
  begin(chatState({ model, choices: [{ message, finish_reason: reason }] }), {
    provider,
    body: undefined,
  }) as EventPatch

/** Reads the stream of pictures. Each is preceded by as many partial ones as the request wants. */
export const readImages: ReadStream = toTheEnd(({ request }) => {
  const { partial_images: partials, n = 1 } = fieldsOf(request.json())
  const most = Number(n) * (Number(partials ?? 0) + 1)
  const pictures: object[] = []
  let seen = 0
  return (message) => {
    const type = typeOf(message)
    if (type.endsWith('.partial_image')) {
      seen += 1
      return { stage: 'drawing', ...(seen < most && { progress: Math.floor((100 * seen) / most) }) }
    }
    const picture = parse(message.data)
    if (picture['error']) return failed(picture['error'])
    if (!type.endsWith('.completed')) return undefined
    pictures.push(picture)
    return begin(imagesState({ ...picture, data: pictures }), { provider, body: picture }) as EventPatch
  }
})

/** A stream without a final event was cut off, for example by a proxy. */
function toTheEnd(onEventOf: (run: StreamRun) => OnEvent): ReadStream {
  return (copy, headers, run) =>
    readEvents(onEventOf(run))(copy, headers, run)?.then((patch) =>
      patch?.status ? patch : { ...patch, ...failed('The stream ended before the answer did.') },
    )
}

/** Its name says it without a look at the data, which may be long; not every proxy keeps the name. */
const typeOf = ({ event, data }: EventSourceMessage): string => event ?? textIn(parse(data)['type'])

function parse(data: string) {
  try {
    return fieldsOf(JSON.parse(data))
  } catch {
    return {}
  }
}
