import { CallsheetError, type ParsedSnapshot, type Tracker } from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'
import type { Journal } from './journal.ts'
import type { Records } from './records.ts'
import type { Saver } from './saver.ts'
import type { Store } from './store.ts'

interface LoaderOptions {
  readonly tracker: Pick<Tracker, 'restore' | 'pipeline' | 'report'>
  readonly opening: Promise<Store>
  readonly saver: Saver
  readonly journal: Journal
}

/** Brings what was saved into a tracker. */
export function createLoader({ tracker, opening, saver, journal }: LoaderOptions) {
  let isLoading = false

  function restore(saved: Records | string): ParsedSnapshot | undefined {
    isLoading = true
    try {
      const input = typeof saved === 'string' ? saved : { v: 1, ...saved }
      const parsed = parseSnapshot(input, { pipeline: tracker.pipeline })
      tracker.restore(parsed)
      return parsed
    } catch (cause) {
      tracker.report(new CallsheetError(`Cannot read what was saved: ${(cause as Error).message}`, { cause }))
      return undefined
    } finally {
      isLoading = false
    }
  }

  return {
    /** Whether what changes now comes from the storage. */
    isLoading: () => isLoading,
    async load(): Promise<void> {
      restore(await (await opening).load())
      const left = journal.read()
      for (const text of left.texts) {
        const parsed = restore(text)
        if (parsed) saver.add(parsed)
      }
      await saver.flush()
      const { tasks, shows } = saver.pending()
      if (tasks.length + shows.length === 0) left.remove()
    },
  }
}
