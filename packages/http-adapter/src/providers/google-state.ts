import type { JobState } from '@callsheet/core/jobs'
import { answered, type Fields, fieldsOf, filed, listOf, refused, textIn, written } from './model-answer.ts'
import { outputOf } from './output.ts'
import { queued, stages } from './stage.ts'

/** The names of google.rpc.Code, by number. */
const codes =
  ' CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'.split(
    ' ',
  )
/** The same call would fail again. */
const final =
  /^(?:INVALID_ARGUMENT|NOT_FOUND|PERMISSION_DENIED|FAILED_PRECONDITION|OUT_OF_RANGE|UNIMPLEMENTED|UNAUTHENTICATED)$/

/** Reads a long-running operation of the Gemini API or of Vertex AI. No status for anything else. */
export function operationState(operation: unknown): JobState {
  const { name, done, error, response } = fieldsOf(operation)
  // Vertex says nothing more of one that goes on.
  if (done !== true) return textIn(name) ? { status: 'processing', stage: stages.running } : {}
  if (error) return failureOf(error)
  const answer = fieldsOf(response)
  const made = fieldsOf(answer['generateVideoResponse'] ?? answer)
  const { generatedSamples: samples, videos, raiMediaFilteredReasons: reasons } = made
  const files = filesIn([...listOf(samples).map(({ video }) => fieldsOf(video)), ...listOf(videos)])
  return filtered(files, reasons) ?? { status: 'succeeded', ...filed(files) }
}

/** Reads the pictures of Imagen, or other predictions. No status for anything else. */
export function predictionsState(answer: unknown): JobState {
  const { predictions } = fieldsOf(answer)
  if (!Array.isArray(predictions)) return {}
  const files = filesIn(listOf(predictions))
  const reasons = listOf(predictions).map(({ raiFilteredReason: reason }) => reason)
  const output = files.length > 0 ? filed(files) : outputOf(predictions)
  return filtered(files, reasons) ?? { status: 'succeeded', ...output }
}

/** What is known of a model's answer, whole or in the pieces of a stream. */
export interface GoogleContent {
  readonly files: readonly string[]
  readonly hasText: boolean
  /** Calls of functions, code and its results. */
  readonly hasMore: boolean
  /** Why each candidate has ended. */
  readonly ends: readonly Fields[]
  readonly blocked?: Fields
  readonly model?: unknown
}

export const nothing: GoogleContent = { files: [], hasText: false, hasMore: false, ends: [] }

/** Adds a piece of a stream, or a whole answer. */
export function withPiece(known: GoogleContent, piece: unknown): GoogleContent {
  const { candidates, promptFeedback, modelVersion: model = known.model } = fieldsOf(piece)
  const parts = partsIn(piece)
  const blocked = fieldsOf(promptFeedback)
  return {
    files: [...known.files, ...filesIn(parts.flatMap(mediaIn))],
    hasText: known.hasText || parts.some(({ text, thought }) => Boolean(text) && thought !== true),
    hasMore: known.hasMore || parts.some((part) => Object.keys(part).some((name) => /call|code/i.test(name))),
    ends: [...known.ends, ...listOf(candidates).filter((candidate) => candidate['finishReason'])],
    ...(blocked['blockReason'] ? { blocked } : known.blocked && { blocked: known.blocked }),
    model,
  }
}

/** The parts of an answer, thoughts included. */
export const partsIn = (piece: unknown): readonly Fields[] =>
  listOf(fieldsOf(piece)['candidates']).flatMap(({ content }) => listOf(fieldsOf(content)['parts']))

/** Reads an answer of `generateContent`, or the list that a stream without events is. No status for anything else. */
export function contentState(answer: unknown, only?: unknown): JobState {
  const pieces = Array.isArray(answer) ? answer : [answer]
  const isAnswer = pieces.some((piece) => {
    const { candidates, promptFeedback } = fieldsOf(piece)
    return candidates !== undefined || promptFeedback !== undefined
  })
  return isAnswer ? stateOfContent(pieces.reduce(withPiece, nothing), only) : {}
}

/**
 * The state of an answer that is over.
 *
 * @param only The `responseModalities` of the request, where it says which.
 */
export function stateOfContent(content: GoogleContent, only?: unknown): JobState {
  const { files, hasText, hasMore, ends, blocked, model } = content
  if (blocked) {
    const reason = textIn(blocked['blockReason'])
    return refused(
      reason,
      textIn(blocked['blockReasonMessage']) || `The content filter blocked the prompt: ${reason}.`,
    )
  }
  const reasons = ends.map((end) => textIn(end['finishReason']))
  const bad = ends.find((end) => !isGood(textIn(end['finishReason'])))
  if (bad && !reasons.some(isGood)) return stopped(bad)
  const cut = reasons.includes('MAX_TOKENS') ? 'MAX_TOKENS' : ''
  if (files.length > 0) return written(filed(files), model)
  if (Array.isArray(only) && only.length > 0 && !only.includes('TEXT')) {
    return { status: 'failed', error: `The answer has no ${String(only[0]).toLowerCase()}.` }
  }
  return answered(hasText, hasMore, model, cut)
}

const isGood = (reason: string): boolean =>
  ['STOP', 'MAX_TOKENS', 'FINISH_REASON_UNSPECIFIED'].includes(reason)

/** An answer that was stopped: by a filter, or since the model could not go on. */
function stopped({ finishReason, finishMessage }: Fields): JobState {
  const reason = textIn(finishReason)
  const isFilter = /SAFETY|PROHIBITED|BLOCKLIST|SPII|RECITATION/.test(reason)
  const message = textIn(finishMessage)
  if (isFilter) return refused(reason, message || `The content filter stopped the answer: ${reason}.`)
  return {
    status: 'failed',
    error: { code: reason, message: message || `The answer was stopped: ${reason}.` },
  }
}

/** Reads an interaction. No status for anything else. */
export function interactionState(interaction: unknown): JobState {
  const { status: word, steps, outputs, errors, model, agent, ...rest } = fieldsOf(interaction)
  const status = textIn(word).toLowerCase()
  if (status === '') return {}
  if (status === 'queued') return { status: 'starting', stage: queued() }
  if (status === 'in_progress') return { status: 'processing', stage: stages.running }
  if (status === 'cancelled') return { status: 'canceled' }
  const done = listOf(steps)
  const problem = [...listOf(errors), ...done.map(({ error }) => fieldsOf(error))].find(
    ({ message }) => message,
  )
  if (status === 'failed') return problem ? failureOf(problem) : { status }
  const content = [
    ...done.flatMap(({ type, content: parts }) => (type === 'model_output' ? listOf(parts) : [])),
    // An earlier revision of the API.
    ...listOf(outputs),
    ...['output_image', 'output_video', 'output_audio'].map((name) => fieldsOf(rest[name])),
  ]
  const files = [...new Set(filesIn(content))]
  const name = model ?? agent
  if (files.length > 0) return written(filed(files), name)
  if (problem && status !== 'requires_action') return failureOf(problem)
  const hasText = content.some(({ text }) => Boolean(text))
  return answered(
    hasText,
    done.length > 0,
    name,
    ['incomplete', 'budget_exceeded'].includes(status) ? status : '',
  )
}

/** The failure of a `google.rpc.Status`, of an error body, or of an error of an interaction. */
export function failureOf(problem: unknown): JobState {
  const { code: given, status, message } = fieldsOf(problem)
  const number = typeof given === 'number' ? given : 0
  const code = textIn(status) || textIn(given) || (codes[number] ?? '')
  if (code === 'CANCELLED') return { status: 'canceled' }
  return {
    status: 'failed',
    error: {
      message: textIn(message) || `Google says: ${code || 'error'}.`,
      ...(code && { code }),
      ...(number >= 400 ? { httpStatus: number } : final.test(code) && { retryable: false }),
    },
  }
}

/** The failure of work whose files were all kept back by the filters. */
function filtered(files: readonly string[], reasons: unknown): JobState | undefined {
  const sentences = [...new Set((Array.isArray(reasons) ? reasons : []).map(textIn))].filter(Boolean)
  return files.length === 0 && sentences.length > 0
    ? refused('content_filter', sentences.join(' '))
    : undefined
}

const mediaIn = ({ inlineData, fileData, thought }: Fields): Fields[] =>
  // A picture that the model only thinks of is not its answer.
  thought === true ? [] : [fieldsOf(inlineData), fieldsOf(fileData)]

/** The addresses of files; data as data: URLs, of which core keeps type and size. */
function filesIn(media: readonly Fields[]): string[] {
  return media.flatMap((one) => {
    const first = (...names: string[]) => names.map((name) => textIn(one[name])).find(Boolean)
    const address = first('uri', 'gcsUri', 'fileUri')
    const data = first('bytesBase64Encoded', 'encodedVideo', 'data')
    const type = first('mimeType', 'mime_type', 'encoding') ?? 'application/octet-stream'
    return address ? [address] : data ? [`data:${type};base64,${data}`] : []
  })
}
