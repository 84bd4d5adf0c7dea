import { parseRecords } from '@callsheet/core/schema'
import type { LiveHost } from './request.ts'
import { trouble } from './live-error.ts'

/** Merges records into the tracker. Throws for text that cannot be parsed as records. */
export type Intake = (text: string, isSnapshot: boolean) => void

export function createIntake({ pipeline, merge }: LiveHost['tracker']): Intake {
  let hasSnapshot = false
  let lastRejected = ''
  return (text, isSnapshot) => {
    try {
      const records = parseRecords(text, { pipeline })
      const rejected = records.rejected.map(({ kind, reason }) => kind + reason).join()
      // The tracker reports what was rejected; the same again, with the next snapshot, is not reported again. Nor is the first
      // snapshot, which completes no step; what later ones bring has happened meanwhile.
      merge(rejected === lastRejected ? { ...records, rejected: [] } : records, {
        live: hasSnapshot || !isSnapshot,
        whole: isSnapshot,
      })
      lastRejected = rejected || lastRejected
      hasSnapshot ||= isSnapshot
    } catch (cause) {
      throw trouble(`cannot parse records: ${(cause as Error).message}`, { isUnreadable: true, cause })
    }
  }
}
