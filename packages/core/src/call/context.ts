import type { RunContext } from './options.ts'
import type { Run } from './run.ts'
import type { Job, TaskError, TaskRecord } from '../records/task.ts'
import type { TaskPatch } from '../write/writer.ts'

/** The argument of the function of `track`. Each part is made on access, because most functions use one or two. */
export class Context implements RunContext<never> {
  readonly #run: Run
  /** The signal of an attempt that took too long. Its function can no longer write. */
  #expired: AbortSignal | undefined

  constructor(run: Run) {
    this.#run = run
    run.context = this
  }

  expire(signal: AbortSignal): void {
    this.#expired = signal
  }

  #write(patch: TaskPatch<never>): void {
    if (!this.#expired) this.#run.write(patch)
  }

  get signal(): AbortSignal {
    return this.#expired ?? this.#run.signal
  }

  get attempt(): number {
    return this.#run.task.attempt
  }

  get task(): TaskRecord {
    return this.#run.task
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
      if (!this.#expired) this.#run.nextAttempt(reason)
    }
  }

  get wait() {
    return (ms: number, signal: AbortSignal | undefined = this.#expired) => this.#run.wait(ms, signal)
  }

  get now() {
    return () => this.#run.now()
  }

  get watchPage() {
    return () => this.#run.watchPage()
  }
}
