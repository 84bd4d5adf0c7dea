import { ask, type LiveHost } from './request.ts'
import type { Attempt } from './attempt.ts'
import type { Intake } from './merge-received.ts'
import { trouble } from './live-error.ts'
import { readText } from '../body/read-body.ts'

const longestSnapshot = 67_108_864

/** Creates a poll of a show's snapshot. An unchanged one is not sent again. */
export function createPoll(host: LiveHost, take: Intake, onGood: () => void) {
  let etag = ''
  return async ({ signal, expect }: Attempt): Promise<void> => {
    expect(10_000, 'no response', () => 'waiting')
    const response = await ask(host, host.url, 'application/json', ['if-none-match', etag], signal)
    if (response.status !== 304) {
      const text = await readText(response, longestSnapshot)
      if (text === undefined) {
        throw trouble(`the snapshot is longer than ${longestSnapshot} bytes`, { isUnreadable: true })
      }
      take(text, true)
      etag = response.headers.get('etag') ?? ''
    }
    onGood()
  }
}
