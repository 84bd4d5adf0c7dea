/** What is said of a video at one time. */
export interface VideoState {
  readonly status: 'queued' | 'in_progress' | 'completed' | 'failed'
  readonly progress?: number
  readonly error?: { readonly code: string; readonly message: string }
}

/** What is said of a response at one time. */
export interface ResponseState {
  readonly status: 'queued' | 'in_progress' | 'completed' | 'failed' | 'incomplete' | 'cancelled'
  /** What the model has written. */
  readonly text?: string
  readonly error?: { readonly code: string; readonly message: string }
  /** Why it is incomplete. */
  readonly reason?: 'max_output_tokens' | 'content_filter'
}

export type Fields = Readonly<Record<string, unknown>>

export const createdAt = 1_767_225_600

/** The words of a text, each with the space before it. */
export const wordsOf = (text: string): string[] => text.match(/\s*\S+/g) ?? []

export const videoOf = (id: string, input: Fields, { status, progress = 0, error }: VideoState): Fields => ({
  id,
  object: 'video',
  created_at: createdAt,
  status,
  completed_at: status === 'completed' ? createdAt + 60 : null,
  error: error ?? null,
  expires_at: status === 'completed' ? createdAt + 3_660 : null,
  model: input['model'] ?? 'sora-2',
  progress: status === 'completed' ? 100 : progress,
  prompt: input['prompt'] ?? null,
  remixed_from_video_id: null,
  seconds: input['seconds'] ?? '4',
  size: input['size'] ?? '720x1280',
})

export const messageOf = (id: string, text: string, status: string): Fields => ({
  id: `msg_${id}`,
  type: 'message',
  role: 'assistant',
  status,
  content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
})

export function responseOf(
  id: string,
  input: Fields,
  { status, text, error, reason }: ResponseState,
): Fields {
  const isWritten = text !== undefined && (status === 'completed' || status === 'incomplete')
  return {
    id,
    object: 'response',
    created_at: createdAt,
    status,
    background: input['background'] === true,
    error: error ?? null,
    incomplete_details: reason ? { reason } : null,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    model: input['model'],
    output: isWritten ? [messageOf(id, text, status)] : [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: true,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: isWritten
      ? {
          input_tokens: 12,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: wordsOf(text).length,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: 12 + wordsOf(text).length,
        }
      : null,
    user: null,
  }
}

/** How a chat's answer ends. */
export interface ChatEnd {
  readonly text: string
  readonly finish?: 'stop' | 'length' | 'content_filter'
  readonly refusal?: string
}

export const chatUsage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 }

export const chatOf = (id: string, model: unknown, { text, finish = 'stop', refusal }: ChatEnd): Fields => ({
  id,
  object: 'chat.completion',
  created: createdAt,
  model,
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: refusal ? null : text,
        refusal: refusal ?? null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: finish,
    },
  ],
  usage: chatUsage,
  service_tier: 'default',
})
