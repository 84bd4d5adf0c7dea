import type { JobState } from '@callsheet/core/jobs'
import { answered, type Fields, fieldsOf, filed, listOf, refused, textIn, written } from './model-answer.ts'
import { queued, stages } from './stage.ts'

/** Reads a video of OpenAI's API. No status for anything else. */
export function videoState(video: unknown): JobState {
  const { status, progress, error, model } = fieldsOf(video)
  if (typeof status !== 'string' || status === '') return {}
  if (status === 'queued') return { status: 'starting', stage: queued() }
  if (status === 'failed') return { status, ...(error ? { error } : {}) }
  if (status === 'completed') return written({ metadata: { outputType: 'video' } }, model)
  const stage = status === 'in_progress' ? stages.running : status
  // Only its status says that it is finished.
  return {
    status: 'processing',
    stage,
    ...(typeof progress === 'number' && { progress: Math.min(99, progress) }),
  }
}

/**
 * Reads a response of OpenAI's API or its streams. No status for anything else.
 *
 * Of texts only `metadata.outputType` is kept; `metadata.incomplete` is the reason of one that is cut off.
 */
export function responseState(response: unknown): JobState {
  const { error, output, incomplete_details: details, model, ...rest } = fieldsOf(response)
  // Not every server that speaks like OpenAI says it.
  const status = textIn(rest['status']) || (Array.isArray(output) ? 'completed' : undefined)
  if (status === undefined) return {}
  if (status === 'queued') return { status: 'starting', stage: queued() }
  if (status === 'failed') return { status, ...(error ? { error } : {}) }
  if (status === 'cancelled') return { status: 'canceled' }
  if (status !== 'completed' && status !== 'incomplete')
    return { status: 'processing', stage: stages.running }
  const items = listOf(output)
  const parts = items.flatMap(({ content }) => listOf(content))
  const refusal = parts.find(({ type }) => type === 'refusal')
  if (refusal) return refusedBy(refusal)
  const pictures = items.flatMap(({ type, result, output_format: format }) =>
    type === 'image_generation_call' ? addressOf(undefined, result, format) : [],
  )
  if (pictures.length > 0) return written(filed(pictures), model)
  const hasText = parts.some(({ text }) => Boolean(text))
  return answered(
    hasText,
    items.length > 0,
    model,
    status === 'incomplete' ? textIn(fieldsOf(details)['reason']) || status : '',
  )
}

/** Reads the response of a chat. No status for anything else. */
export function chatState(completion: unknown): JobState {
  const { choices, model } = fieldsOf(completion)
  const answers = listOf(choices)
  if (answers.length === 0) return {}
  const messages = answers.map(({ message }) => fieldsOf(message))
  const refusal = messages.find((message) => message['refusal'])
  if (refusal) return refusedBy(refusal)
  const hasText = messages.some(({ content }) => Boolean(content))
  const hasMore = messages.some(({ tool_calls: calls, audio }) => listOf(calls).length > 0 || Boolean(audio))
  const cut = answers.map(({ finish_reason: reason }) => textIn(reason)).find((reason) => cuts.has(reason))
  return answered(hasText, hasMore, model, cut)
}

const cuts = new Set(['length', 'content_filter'])

/** Reads pictures: addresses, or data, of which core keeps type and size. No status for anything else. */
export function imagesState(images: unknown): JobState {
  const { data, output_format: format } = fieldsOf(images)
  const pictures = listOf(data).flatMap(({ url, b64_json: base64 }) => addressOf(url, base64, format))
  if (listOf(data).length === 0) return {}
  if (pictures.length === 0) return { status: 'failed', error: 'The answer has no picture.' }
  return { status: 'succeeded', ...filed(pictures) }
}

function addressOf(url: unknown, base64: unknown, format: unknown): string[] {
  if (textIn(url)) return [textIn(url)]
  const type = textIn(format) || 'png'
  return textIn(base64) ? [`data:image/${type};base64,${textIn(base64)}`] : []
}

const refusedBy = ({ refusal }: Fields): JobState =>
  refused('refusal', `The model refuses: ${textIn(refusal)}`)
