import type { TaskPatch } from '@callsheet/core'
import type { RouteRequest } from './request.ts'

/** What the reader of a stream has to do with. */
export interface StreamRun {
  readonly request: RouteRequest
  /** The response as fetch gave it: for its fields, not for its body. */
  readonly response: Response
  /** Records what is known so far. */
  readonly update: (patch: TaskPatch) => void
  /** Epoch ms by the tracker's clock. */
  readonly now: () => number
  /** For what goes wrong in the reading, and is not the call's fault. */
  readonly report: (error: unknown) => void
}

/**
 * Reads a response that is not JSON while it comes in. Returns what to record at its end; undefined at once leaves the
 * response alone.
 *
 * `copy` gives a copy of the body; call it before anything is awaited. Reading the copy never slows its caller down, and
 * runs at most 1 MiB ahead of it: beyond that the copy waits for the caller. A copy that falls 16 MiB behind fails. It
 * fails with an AbortError as soon as the caller cancels the body. An error of the reader itself is reported, and does
 * not fail the task.
 */
export type ReadStream = (
  copy: () => ReadableStream<Uint8Array> | undefined,
  headers: Headers,
  run: StreamRun,
) => Promise<TaskPatch | undefined> | undefined
