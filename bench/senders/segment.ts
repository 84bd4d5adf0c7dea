import { Analytics } from '@segment/analytics-node'
import type { Sender } from './sender.ts'

export const segment: Sender = {
  name: '@segment/analytics-node',
  raised: 'flushAt 500',
  start(url, { events }, isRaised) {
    const analytics = new Analytics({ writeKey: 'key', host: url, ...(isRaised ? { flushAt: 500 } : {}) })
    return {
      write(index) {
        const event = events[index]!
        analytics.track({ userId: event.showId, event: 'task', properties: event })
      },
      async end() {
        await analytics.closeAndFlush({ timeout: 60_000 })
        return undefined
      },
    }
  },
}
