import type { Records } from './records.ts'

/** Maximum length of what a page writes when it is left, in UTF-16 units. */
const maxLength = 500_000

/**
 * What pages could not save when they were left. Firefox loses writes to IndexedDB that begin when a tab is closed; those
 * to localStorage stay.
 */
export interface Journal {
  /** Writes records at once. */
  readonly write: (records: Records) => void
  /** The records of all pages that were left, as texts to be parsed, and what removes them. */
  readonly read: () => { readonly texts: readonly string[]; readonly remove: () => void }
}

/** Where localStorage is refused, a journal keeps nothing. */
export function createJournal(name: string, id: string): Journal {
  const prefix = `callsheet:${name}:left:`
  const tried = <T>(action: () => T, otherwise: T): T => {
    try {
      return action()
    } catch {
      return otherwise
    }
  }
  return {
    write: ({ tasks, shows }) =>
      tried(() => {
        // The other tabs have been told of most; what was written last is kept.
        let kept = tasks
        let text = JSON.stringify({ v: 1, tasks: kept, shows })
        while (text.length > maxLength && kept.length > 0) {
          kept = kept.slice(Math.ceil(kept.length / 2))
          text = JSON.stringify({ v: 1, tasks: kept, shows })
        }
        if (text.length <= maxLength) localStorage.setItem(prefix + id, text)
      }, undefined),
    read() {
      const keys = tried(() => Object.keys(localStorage), []).filter((key) => key.startsWith(prefix))
      return {
        texts: keys.flatMap((key) => tried(() => localStorage.getItem(key), null) ?? []),
        remove: () => tried(() => keys.forEach((key) => localStorage.removeItem(key)), undefined),
      }
    },
  }
}
