import type { RunContext } from './run-options.ts'
import type { Run } from './run.ts'
import type { Job, TaskError, TaskRecord } from '../records/task.ts'
import type { TaskPatch } from '../write/next-version.ts'

/** The argument of the function of `track`. Each part is made on access, because most functions use one or two. */
export class Context implements RunContext<never> {
  readonly #run: Run
  readonly #abort: Run['abort']

  constructor(run: Run) {
    this.#run = run
    this.#abort = run.abort
  }

  /** An attempt that took too long can no longer write. */
  #write(patch: TaskPatch<never>): void {
    if (this.#abort === this.#run.abort) this.#run.write(patch)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get attempt(): number {
    return this.#run.task.attempt
  }

  get task(): TaskRecord {
    return this.#run.task
  }

  get idempotencyKey(): string {
    return this.#run.idempotencyKey
  }

  get lastError(): TaskError | undefined {
    return this.#run.lastError
  }

  get progress() {
    return (progress: number) => this.#write({ progress })
  }

  get stage() {
    return (stage: string) => this.#write({ stage })
  }

  get job() {
    return (job: Job) => this.#write({ job })
  }

  get update() {
    return (patch: TaskPatch<never>) => this.#write(patch)
  }

  get nextAttempt() {
    return (reason: unknown) => {
      if (this.#abort === this.#run.abort) this.#run.nextAttempt(reason)
    }
  }

  get wait() {
    return (ms: number, signal?: AbortSignal) => this.#run.wait(ms, this.#abort, signal)
  }

  get now() {
    return this.#run.host.now
  }

  get watchPage() {
    return this.#run.host.page.watch
  }
}
