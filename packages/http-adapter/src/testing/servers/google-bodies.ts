import type { Answer } from './local-server.ts'

export type Fields = Readonly<Record<string, unknown>>

/** What is said of a video's operation at one time. */
export interface OperationState {
  readonly done?: true
  readonly videos?: readonly { readonly uri?: string; readonly gcsUri?: string; readonly bytes?: string }[]
  /** Why the filters kept videos back. */
  readonly reasons?: readonly string[]
  /** A `google.rpc.Status`. */
  readonly error?: { readonly code: number; readonly message: string }
}

/** What is said of an interaction at one time. */
export interface InteractionState {
  readonly status:
    'queued' | 'in_progress' | 'requires_action' | 'completed' | 'failed' | 'cancelled' | 'incomplete'
  readonly content?: readonly Fields[]
  readonly errors?: readonly { readonly code: string; readonly message: string }[]
}

/** What Google answers with an error. */
export const problem = (code: number, status: string, message: string, headers = {}): Answer => ({
  status: code,
  headers,
  body: { error: { code, message, status, details: [] } },
})

/** What Google answers when too much is asked of it. */
export const exhausted = problem(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.')

/** An answer of a model, or a piece of one. */
export const contentOf = (parts: readonly Fields[], finishReason: string | undefined = 'STOP'): Fields => ({
  candidates: [
    {
      ...(parts.length > 0 && { content: { parts, role: 'model' } }),
      ...(finishReason && { finishReason }),
      index: 0,
    },
  ],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 },
  modelVersion: 'gemini-3.5-flash',
  responseId: 'r1',
})

/** An operation: of Vertex AI below a publisher, else of the Gemini API. */
export function operationOf(name: string, { done, videos = [], reasons, error }: OperationState): Fields {
  if (!done) return { name }
  if (error) return { name, done, error }
  const filtered = reasons && { raiMediaFilteredCount: reasons.length, raiMediaFilteredReasons: reasons }
  const response = name.includes('publishers/')
    ? {
        '@type': 'type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse',
        raiMediaFilteredCount: 0,
        ...filtered,
        ...(videos.length > 0 && {
          videos: videos.map(({ gcsUri, bytes }) => ({
            ...(gcsUri && { gcsUri }),
            ...(bytes && { bytesBase64Encoded: bytes }),
            mimeType: 'video/mp4',
          })),
        }),
      }
    : {
        '@type': 'type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse',
        generateVideoResponse: {
          ...filtered,
          ...(videos.length > 0 && { generatedSamples: videos.map(({ uri }) => ({ video: { uri } })) }),
        },
      }
  return { name, done, response }
}

export const interactionOf = (
  id: string,
  input: Fields,
  { status, content, errors }: InteractionState,
): Fields => ({
  id,
  object: 'interaction',
  status,
  created: '2026-11-01T00:00:00Z',
  updated: '2026-11-01T00:00:09Z',
  ...(input['model'] ? { model: input['model'] } : { agent: input['agent'] }),
  steps: content
    ? [
        { type: 'thought', signature: 's' },
        { type: 'model_output', content },
      ]
    : [],
  ...(errors && { errors }),
  usage: { total_tokens: 8, total_input_tokens: 3, total_output_tokens: 5 },
})

/** The events of an interaction's stream, whose last one does not repeat the steps. */
export function eventsOf(id: string, input: Fields, state: InteractionState): string[] {
  const { steps: _steps, ...interaction } = interactionOf(id, input, { ...state, content: [] })
  const events: Fields[] = [
    { event_type: 'interaction.created', interaction: { ...interaction, status: 'in_progress' } },
    { event_type: 'interaction.status_update', interaction_id: id, status: 'in_progress' },
    { event_type: 'step.start', index: 0, step: { type: 'thought' } },
    { event_type: 'step.delta', index: 0, delta: { type: 'thought_signature', signature: 's' } },
    { event_type: 'step.stop', index: 0 },
    { event_type: 'step.start', index: 1, step: { type: 'model_output' } },
    ...(state.content ?? []).map((delta) => ({ event_type: 'step.delta', index: 1, delta })),
    { event_type: 'step.stop', index: 1 },
    { event_type: 'interaction.completed', interaction },
  ]
  return [
    ...events.map((event) => `event: ${String(event['event_type'])}\ndata: ${JSON.stringify(event)}\n\n`),
    'event: done\ndata: [DONE]\n\n',
  ]
}
