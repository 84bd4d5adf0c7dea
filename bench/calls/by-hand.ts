import { nothing, type Wrapper } from './call.ts'

interface Entry {
  readonly id: string
  readonly type: string
  status: 'processing' | 'succeeded' | 'failed'
  readonly startedAt: number
  completedAt: number | undefined
  error: unknown
}

/** What one would write by hand: two clock reads and a record. */
export const byHand: Wrapper = {
  name: 'by hand: two clock reads and a record',
  start() {
    const entries = new Map<string, Entry>()
    return {
      async call(index) {
        const entry: Entry = {
          id: `task-${index}`,
          type: 'trailer',
          status: 'processing',
          startedAt: Date.now(),
          completedAt: undefined,
          error: undefined,
        }
        entries.set(entry.id, entry)
        try {
          const result = await nothing()
          entry.status = 'succeeded'
          return result
        } catch (error) {
          entry.status = 'failed'
          entry.error = error
          throw error
        } finally {
          entry.completedAt = Date.now()
        }
      },
      succeeded: () => [...entries.values()].filter(({ status }) => status === 'succeeded').length,
    }
  },
}
