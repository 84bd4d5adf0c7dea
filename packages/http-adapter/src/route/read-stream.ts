import type { TaskPatch } from '@callsheet/core'
import type { RouteRequest } from './request.ts'

/** The context of a stream's reader. */
export interface StreamRun {
  readonly request: RouteRequest
  /** The response as fetch gave it: for its fields, not for its body. */
  readonly response: Response
  /** Records a patch. */
  readonly update: (patch: TaskPatch) => void
  /** Epoch ms by the tracker's clock. */
  readonly now: () => number
  /** Reports an error of the reader. */
  readonly report: (error: unknown) => void
}

/**
 * Reads a response that is not JSON while it arrives. Resolves with the final patch; undefined at once leaves the response
 * alone.
 *
 * `copy` returns a copy of the body; call it before the first await. Reading the copy never slows the caller down, and runs
 * at most 1 MiB ahead of it: beyond that the copy waits for the caller. A copy that falls 16 MiB behind fails. It
 * fails with an AbortError as soon as the caller cancels the body. An error of the reader itself is reported, and does
 * not fail the task.
 */
export type ReadStream = (
  copy: () => ReadableStream<Uint8Array> | undefined,
  headers: Headers,
  run: StreamRun,
) => Promise<TaskPatch | undefined> | undefined
