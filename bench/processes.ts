import { fork } from 'node:child_process'
import { once } from 'node:events'

/** Another process of the bench: asked one thing at a time. */
export interface Asked<Question, Answer> {
  readonly ask: (question: Question) => Promise<Answer>
  readonly close: () => void
}

/** Starts one of the built files in a process of its own, and waits until it is ready. */
export async function launch<Question extends object, Answer>(
  file: string,
  ...args: readonly string[]
): Promise<Asked<Question, Answer>> {
  const started = fork(new URL(file, import.meta.url), args)
  const ended = once(started, 'exit').then(([code]) => {
    throw new Error(`${file} ended too early, with ${String(code)}.`)
  })
  // A process that waits for nothing does not need it.
  ended.catch(() => {})
  const nextMessage = async () => {
    const [message] = (await Promise.race([once(started, 'message'), ended])) as [unknown]
    return message
  }
  await nextMessage()
  return {
    async ask(question) {
      started.send(question)
      return (await nextMessage()) as Answer
    },
    close: () => started.disconnect(),
  }
}

/** What such a file does: it answers each question. */
export function answer(toAnswer: (question: never) => unknown): void {
  process.on('message', async (question) => process.send!(await toAnswer(question as never)))
  process.send!('ready')
}
