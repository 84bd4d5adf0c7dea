import { createGuard } from '@callsheet/core/provider'
import type { End, Waiting } from './queue.ts'
import type { QueueStorage } from './queue-storage.ts'
import type { SendHost } from './send.ts'

/** A storage as a sink uses it. Nothing here throws or rejects. */
export interface SinkStorage {
  readonly note: (row: Waiting, end: End | undefined) => void
  /** It has opened, failed, or taken longer than a request may. */
  readonly opened: () => Promise<void>
  /** All that was noted is written, has failed, or takes longer than a request may. */
  readonly idle: () => Promise<void>
}

interface Listener {
  readonly onRows: (rows: readonly Waiting[]) => void
  readonly onFail: (error: unknown) => void
  /** It has not opened yet; it may still do. */
  readonly onLate: () => void
  /** Something else of it throws. */
  readonly onBug: (error: unknown) => void
}

/** Opens a storage at once. */
export function openStorage(
  storage: QueueStorage,
  { schedule, timeout }: Pick<SendHost, 'schedule' | 'timeout'>,
  { onRows, onFail, onLate, onBug }: Listener,
): SinkStorage {
  /** Waits no longer than a request may take; then calls back. */
  async function inTime(work: unknown, onLate = () => {}): Promise<void> {
    let stop = () => {}
    try {
      const late = new Promise<void>((resolve) => {
        stop = schedule(() => {
          onLate()
          resolve()
        }, timeout)
      })
      await Promise.race([work, late])
      stop()
    } catch (error) {
      onBug(error)
    }
  }

  async function open(): Promise<void> {
    try {
      onRows(await storage.open(onFail))
    } catch (error) {
      onFail(error)
    }
  }

  const opening = open()
  const openedInTime = inTime(opening, onLate)

  return {
    note: (row, end) => void createGuard(onBug)(() => storage.note(row, end)),
    opened: () => openedInTime,
    async idle() {
      try {
        await inTime(storage.idle())
      } catch (error) {
        onBug(error)
      }
    },
  }
}
