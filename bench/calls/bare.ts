import { nothing, type Wrapper } from './call.ts'

export const bare: Wrapper = {
  name: 'bare call',
  start: () => ({ call: nothing, succeeded: () => undefined }),
}
