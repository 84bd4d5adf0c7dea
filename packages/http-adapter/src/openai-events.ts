import type { Job } from '@callsheet/core'
import { failed } from './answers.ts'
import { begin } from './begin.ts'
import { chatState, fieldsOf, imagesState, listOf, responseState, textIn } from './openai-state.ts'
import { type EventPatch, type OnEvent, readEvents } from './read-events.ts'
import type { ReadStream, StreamRun } from './read-outcome.ts'
import { stages } from './stage.ts'

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
export const readResponse = (handleOf: (id: string) => Job): ReadStream =>
  toTheEnd(() => ({ event, data }) => {
    const phase = phases.find(([type]) => event?.startsWith(type))
    if (phase) return { stage: phase[1] }
    const fields = parse(data)
    const { type, response } = fields
    if (type === 'error') return failed(fields['error'] ?? fields)
    const { id, background } = fieldsOf(response)
    const state = responseState(response)
    if (typeof id !== 'string' || state.status === undefined) return undefined
    const isGoingOn = state.status === 'starting' || state.status === 'processing'
    if (isGoingOn && background !== true) return { stage: state.stage ?? stages.running }
    return begin(state, handleOf(id)) as EventPatch
  })

/** Reads the stream of a chat. */
export const readChat: ReadStream = toTheEnd(() => {
  const message: Record<string, unknown> = {}
  return ({ data }, known) => {
    // Not every server that speaks like OpenAI says how it has finished.
    if (data === '[DONE]') return known.status ? undefined : endOf(message, 'stop')
    const chunk = parse(data)
    if (chunk['error']) return failed(chunk['error'])
    let patch: EventPatch | undefined
    for (const { delta, finish_reason: reason } of listOf(chunk['choices'])) {
      const { content, refusal, tool_calls: calls, audio } = fieldsOf(delta)
      if (content) message['content'] = writing
      if (refusal) message['refusal'] = textIn(message['refusal']) + textIn(refusal)
      if (calls) message['tool_calls'] = calls
      if (audio) message['audio'] = audio
      if (reason) patch = endOf(message, reason, chunk['model'])
      else if (known.status === undefined)
        patch ??= { stage: calls ? calling : content ? writing : stages.running }
    }
    return patch
  }
})

const endOf = (message: object, reason: unknown, model?: unknown): EventPatch =>
  begin(chatState({ model, choices: [{ message, finish_reason: reason }] }), noJob) as EventPatch

/** Reads the stream of pictures, each of which comes in as many partial ones as were asked for. */
export const readImages: ReadStream = toTheEnd(({ request }) => {
  const { partial_images: partials, n = 1 } = fieldsOf(request.json())
  const most = Number(n) * (Number(partials ?? 0) + 1)
  const pictures: object[] = []
  let seen = 0
  return ({ event, data }) => {
    if (event?.endsWith('.partial_image')) {
      seen += 1
      return { stage: 'drawing', ...(seen < most && { progress: Math.floor((100 * seen) / most) }) }
    }
    const picture = parse(data)
    if (picture['error']) return failed(picture['error'])
    if (!textIn(picture['type']).endsWith('.completed')) return undefined
    pictures.push(picture)
    return begin(imagesState({ ...picture, data: pictures }), noJob) as EventPatch
  }
})

const noJob = { provider: 'openai', id: '' }

/** A stream that ends without a word of its end was cut off, by a proxy say. */
function toTheEnd(onEventOf: (run: StreamRun) => OnEvent): ReadStream {
  return (copy, headers, run) =>
    readEvents(onEventOf(run))(copy, headers, run)?.then((patch) =>
      patch?.status ? patch : { ...patch, ...failed('The stream ended before the answer did.') },
    )
}

function parse(data: string) {
  try {
    return fieldsOf(JSON.parse(data))
  } catch {
    return {}
  }
}
