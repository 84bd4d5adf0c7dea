import type { Repeats } from './provider.ts'
import type { FetchArguments } from './request.ts'

interface Ended {
  readonly input: FetchArguments[0]
  readonly body: unknown
  /** What the next try is numbered. */
  next: number
  readonly reason: Error
}

const most = 20

/**
 * Repeats by clients that Stainless has generated, OpenAI's for one: after any error, with the same address and body,
 * and with the number of the try in a header.
 */
export function stainlessRepeats(): Repeats {
  const all = new Set<Ended>()
  const isSame = (end: Ended, [input, init]: FetchArguments) => end.input === input && end.body === init?.body
  return {
    ended(args, reason) {
      const [input, init] = args
      const [oldest] = all
      if (oldest && all.size >= most) all.delete(oldest)
      all.add({ input, body: init?.body, next: triesOf(args) + 1, reason })
    },
    endOf(args) {
      const tries = triesOf(args)
      for (const end of all) {
        if (!isSame(end, args)) continue
        // The same is begun anew, which somebody wants.
        if (tries === 0) all.delete(end)
        else if (tries === end.next) {
          end.next += 1
          return end.reason
        }
      }
      return undefined
    },
  }
}

const triesOf = ([, init]: FetchArguments): number =>
  Number(new Headers(init?.headers).get('x-stainless-retry-count') ?? 0)
