import type { TaskRecord, Tracker } from '@callsheet/core'
import { parseRecords } from '@callsheet/core/schema'
import { Newest, type Records } from '../storage/records.ts'
import type { Message } from './channel.ts'
import type { Claims } from './claims.ts'
import type { Life } from './life.ts'

/** Milliseconds that the other tabs have to answer. Those that are stopped do not. */
const patience = 1_000

interface InboxOptions {
  readonly tracker: Pick<Tracker, 'merge' | 'pipeline'>
  readonly life: Life
  readonly claims: Pick<Claims, 'heard'>
  /** Tells another page what it cannot find in the storage. */
  readonly answer: (to: string) => void
}

/** What other tabs tell. */
export function createInbox({ tracker, life, claims, answer }: InboxOptions) {
  /** By page, what it has told of and may not have saved. */
  const unsaved = new Map<string, Newest>()
  const answered = new Set<string>()
  let onAnswer = () => {}

  return {
    receive(message: Message): void {
      const me = life.current()
      const { kind, from } = message
      if (me === undefined) return
      life.watch(from)
      if (kind === 'saved') unsaved.delete(from)
      else if (kind === 'alive') answer(from)
      else if (message.to === undefined || message.to === me) {
        const records = parseRecords(message.records, { pipeline: tracker.pipeline })
        tracker.merge(records, { whole: true, from: 'tab' })
        if (message.isOwn) claims.heard(from, records.tasks as readonly TaskRecord[])
        unsaved.set(from, (unsaved.get(from) ?? new Newest()).add(records))
        if (message.to === me) {
          answered.add(from)
          onAnswer()
        }
      }
    },
    /** Resolves once all pages that live have answered this one, or after a second. */
    async hearAll(): Promise<void> {
      await life.id()
      const others = await life.others()
      for (const other of others) life.watch(other)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patience)
        onAnswer = () => {
          if (!others.every((other) => answered.has(other) || !life.isWatched(other))) return
          clearTimeout(timer)
          resolve()
        }
        onAnswer()
      })
      answered.clear()
    },
    /** A page has ended: what it has told and perhaps not saved. */
    takeUnsaved(from: string): Records {
      const records = unsaved.get(from)?.list() ?? { tasks: [], shows: [] }
      unsaved.delete(from)
      return records
    },
  }
}
