/** What a viewer should see of the task after the answer. A field that is left out must not be there. */
export interface Expected {
  /**
   * A job that waits in a queue is `processing`, too: its place in the queue is a stage. One that the provider does not know,
   * poll after poll, is `interrupted`.
   */
  readonly status: 'processing' | 'succeeded' | 'failed' | 'canceled' | 'interrupted'
  /** After a start. */
  readonly jobId?: string
  /** Whole percent of a running job, whatever the provider's unit is. */
  readonly progress?: number
  /** The work itself: no thumbnail, cover, last frame, input or address of the status. */
  readonly outputUrl?: string
  /** All of them, where there are several. */
  readonly outputs?: readonly string[]
  /** The sentence of a failure, in the provider's words, after the field that it is about. Left out where the provider gives none: then any sentence will do. */
  readonly error?: string
  /** A part of the stage, in any case: the provider's word where it says more than the status does. */
  readonly stage?: string
}

interface Draft {
  readonly what: string
  /** The page of the provider's documentation, or the file of its published client or specification. */
  readonly source: string
  /** Whether the body answers the call that starts a job, or a poll. */
  readonly to: 'start' | 'status'
  readonly httpStatus?: number
  readonly body: unknown
  /** What an earlier poll is answered, where the body belongs to the request after it. */
  readonly before?: unknown
  readonly expected: Expected
}

export interface Answer extends Draft {
  readonly provider: string
}

/** An answer to the call that starts a job, or that does the whole work. */
export const start = (what: string, source: string, body: unknown, expected: Expected): Draft => ({
  what,
  source,
  to: 'start',
  body,
  expected,
})

/** An answer to a poll. */
export const status = (
  what: string,
  source: string,
  body: unknown,
  expected: Expected,
  more: Pick<Draft, 'before' | 'httpStatus'> = {},
): Draft => ({ what, source, to: 'status', body, expected, ...more })

/** A start that is answered with a status of 400 or more. */
export const refusal = (
  what: string,
  source: string,
  httpStatus: number,
  body: unknown,
  error: string,
): Draft => ({ ...start(what, source, body, { status: 'failed', error }), httpStatus })

export const answersOf = (provider: string, drafts: readonly Draft[]): Answer[] =>
  drafts.map((draft) => ({ provider, ...draft }))
