import { Newest, type Records } from '../storage/records.ts'
import type { Channel } from './channel.ts'
import type { Life } from './life.ts'

/** What is still to be told to the other tabs. */
export interface Outbox {
  /** Tells it in a moment, together with all that is written at once. */
  readonly add: (records: Records, isOwn: boolean) => void
  readonly send: () => void
}

export function createOutbox(channel: Pick<Channel, 'send'>, life: Pick<Life, 'current'>): Outbox {
  const own = new Newest()
  const other = new Newest()
  let isSending = false

  function send(): void {
    isSending = false
    const from = life.current()
    if (from === undefined) return
    for (const newest of [own, other]) {
      if (newest.isEmpty) continue
      const records = newest.list()
      newest.drop(records)
      channel.send({ kind: 'records', from, isOwn: newest === own, records })
    }
  }

  return {
    add(records, isOwn) {
      const newest = isOwn ? own : other
      newest.add(records)
      if (isSending) return
      isSending = true
      queueMicrotask(send)
    },
    send,
  }
}
