import pRetryOf from 'p-retry'
import { nothing, type Wrapper } from './call.ts'

/** It repeats what fails and keeps no record. */
export const pRetry: Wrapper = {
  name: 'p-retry',
  start: () => ({ call: () => pRetryOf(nothing, { retries: 2 }), succeeded: () => undefined }),
}
