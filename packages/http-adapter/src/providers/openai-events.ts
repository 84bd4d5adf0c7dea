import type { Job } from '@callsheet/core'
import type { EventSourceMessage } from 'eventsource-parser'
import { failed } from '../route/answers.ts'
import { begin } from './begin.ts'
import { fieldsOf, listOf, parseEvent, textIn } from './model-answer.ts'
import { chatState, imagesState, responseState } from './openai-state.ts'
import type { EventPatch } from '../fetch/read-events.ts'
import { readToEnd } from '../fetch/whole-stream.ts'
import type { ReadStream } from '../route/read-stream.ts'
import { phases, stages } from './stage.ts'

const provider = 'openai'

/** What a response is about, by the beginning of an event's type. */
const responsePhases: readonly (readonly [type: string, stage: string])[] = [
  ['response.output_text.', phases.writing],
  ['response.refusal.', phases.writing],
  ['response.reasoning', phases.thinking],
  ['response.image_generation_call.', phases.drawing],
  ['response.web_search_call.', phases.searching],
  ['response.file_search_call.', phases.searching],
  ['response.code_interpreter_call', phases.coding],
  ['response.function_call_arguments.', phases.calling],
  ['response.mcp_call', phases.calling],
]

/** Reads the stream of a response. One that is made in the background is a job, whatever comes of the stream. */
export const readResponse = (handleOf: (id: unknown) => Job | undefined): ReadStream =>
  readToEnd(() => (message) => {
    const phase = responsePhases.find(([type]) => typeOf(message).startsWith(type))
    if (phase) return { stage: phase[1] }
    const fields = parseEvent(message)
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
export const readChat: ReadStream = readToEnd(() => {
  const message: Record<string, unknown> = {}
  return (event, known) => {
    // Not every server that speaks like OpenAI says how it has finished.
    if (event.data === '[DONE]') return known.status ? undefined : finishedWith(message, 'stop')
    const chunk = parseEvent(event)
    if (chunk['error']) return failed(chunk['error'])
    let patch: EventPatch | undefined
    for (const { delta, finish_reason: reason } of listOf(chunk['choices'])) {
      const { content, refusal, tool_calls: calls, audio } = fieldsOf(delta)
      if (content) message['content'] = true
      if (refusal) message['refusal'] = textIn(message['refusal']) + textIn(refusal)
      if (calls) message['tool_calls'] = calls
      if (audio) message['audio'] = audio
      if (reason) patch = finishedWith(message, reason, chunk['model'])
      else if (known.status === undefined)
        patch ??= { stage: calls ? phases.calling : content ? phases.writing : stages.running }
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
export const readImages: ReadStream = readToEnd(({ request }) => {
  const { partial_images: partials, n = 1 } = fieldsOf(request.json())
  const most = Number(n) * (Number(partials ?? 0) + 1)
  const pictures: object[] = []
  let seen = 0
  return (message) => {
    const type = typeOf(message)
    if (type.endsWith('.partial_image')) {
      seen += 1
      return { stage: phases.drawing, ...(seen < most && { progress: Math.floor((100 * seen) / most) }) }
    }
    const picture = parseEvent(message)
    if (picture['error']) return failed(picture['error'])
    if (!type.endsWith('.completed')) return undefined
    pictures.push(picture)
    return begin(imagesState({ ...picture, data: pictures }), { provider, body: picture }) as EventPatch
  }
})

/** Its name says it without a look at the data, which may be long; not every proxy keeps the name. */
const typeOf = (message: EventSourceMessage): string => message.event ?? textIn(parseEvent(message)['type'])
