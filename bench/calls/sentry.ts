import { createStackParser, initAndBind, startSpan } from '@sentry/core'
import { ServerRuntimeClient } from '@sentry/core/server'
import { nothing, type Wrapper } from './call.ts'

// Once for a process, as it demands. Without a DSN, so nothing is ever sent.
const client = initAndBind(ServerRuntimeClient, {
  tracesSampleRate: 1,
  integrations: [],
  transport: () => {
    throw new Error('There is nowhere to send to.')
  },
  stackParser: createStackParser(),
})
let ended = 0
client.on('spanEnd', () => {
  ended += 1
})

/** Initialized, every span sampled, and nowhere to send it. Without async context, as in a browser. */
export const sentry: Wrapper = {
  name: 'Sentry: startSpan, all sampled',
  start() {
    const before = ended
    return {
      call: (index) =>
        startSpan({ name: 'trailer', op: 'task', attributes: { 'task.id': `task-${index}` } }, nothing),
      succeeded: () => ended - before,
    }
  },
}
