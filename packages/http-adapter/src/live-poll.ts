import { ask, type LiveHost } from './live-ask.ts'
import type { Attempt } from './live-attempt.ts'
import type { Intake } from './live-intake.ts'

/** Makes what asks for a show's snapshot, again and again; one that has not changed is not sent again. */
export function createPoll(host: LiveHost, take: Intake, onGood: () => void) {
  let etag = ''
  return async ({ signal, expect }: Attempt): Promise<void> => {
    expect(10_000, 'no answer came', () => 'waiting')
    const response = await ask(host, host.url, 'application/json', ['if-none-match', etag], signal)
    if (response.status !== 304) {
      take(await response.text(), true)
      etag = response.headers.get('etag') ?? ''
    }
    onGood()
  }
}
