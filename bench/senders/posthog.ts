import { PostHog } from 'posthog-node'
import type { Sender } from './sender.ts'

const raised = { maxQueueSize: 200_000, flushAt: 500, maxBatchSize: 500 }

export const posthog: Sender = {
  name: 'posthog-node',
  raised: 'maxQueueSize 200,000, flushAt and maxBatchSize 500',
  start(url, { events }, isRaised) {
    const client = new PostHog('key', { host: url, ...(isRaised ? raised : {}) })
    return {
      write(index) {
        const event = events[index]!
        client.capture({ distinctId: event.showId, event: 'task', properties: event })
      },
      async end() {
        await client.shutdown(60_000)
        return undefined
      },
    }
  },
}
