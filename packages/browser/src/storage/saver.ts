import { Newest, type Records } from './records.ts'
import type { Store } from './store.ts'

/** Milliseconds between two saves. */
const interval = 250
/** Milliseconds until a save that failed is tried again. */
const longPause = 10_000

/** Saves what has changed, now and then. */
export interface Saver {
  readonly add: (records: Records) => void
  /** What is not saved yet. */
  readonly pending: () => Records
  /** Saves all that is pending. Never rejects. */
  readonly flush: () => Promise<void>
}

interface SaverOptions {
  readonly opening: Promise<Store>
  readonly beforeSave: () => Promise<void>
  /** Whether a task is not to be saved yet. */
  readonly isEarly: (taskId: string) => boolean
  readonly onSaved: () => void
  readonly report: (error: unknown) => void
}

export function createSaver({ opening, beforeSave, isEarly, onSaved, report }: SaverOptions): Saver {
  const newest = new Newest()
  let saving: Promise<void> | undefined
  /** The kind of failure that was reported last; undefined once saving works again. */
  let failure: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function pending(): Records {
    const { tasks, shows } = newest.list()
    return { tasks: tasks.filter(({ id }) => !isEarly(id)), shows }
  }

  function flushIn(ms: number): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void flush()
    }, ms)
  }

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (saving) {
      // What was added meanwhile is not part of it.
      await saving
      return flush()
    }
    saving = save().finally(() => (saving = undefined))
    await saving
  }

  async function save(): Promise<void> {
    const store = await opening
    try {
      await beforeSave()
      const records = pending()
      if (records.tasks.length + records.shows.length === 0) return
      await store.save(records)
      newest.drop(records)
      failure = undefined
      // What was added meanwhile is not saved.
      if (pending().tasks.length + pending().shows.length === 0) onSaved()
    } catch (error) {
      const { name } = error as Error
      if (name !== failure) report(error)
      failure = name
      flushIn(longPause)
    }
  }

  return {
    add(records) {
      newest.add(records)
      if (!newest.isEmpty) flushIn(interval)
    },
    pending,
    flush,
  }
}
