import type { TaskRecord } from '@callsheet/core'
import type { Records } from './records.ts'

/** Which page works on a slot. */
export interface Claim {
  /** The slot, as one text. */
  readonly slot: string
  readonly taskId: string
  /** The id under which the page lives: see `Life`. */
  readonly owner: string
  /** As it was claimed: its page may end before it has saved it. */
  readonly task: TaskRecord
  /** The owner's run has ended. */
  readonly isOver?: true
}

/** Where records and claims are kept: for all tabs of an origin, or in this page alone. */
export interface Store {
  /** Whether other tabs see what is saved. */
  readonly isShared: boolean
  /** All records, as they were saved: to be parsed. */
  readonly load: () => Promise<Records>
  /** Merges records into those that are saved. */
  readonly save: (records: Records) => Promise<void>
  /** Removes all that is saved of some shows. */
  readonly drop: (showIds: readonly string[]) => Promise<void>
  /**
   * Compares and sets the claim of a slot, across all tabs. `change` gets the claim as it is and returns the next one, or
   * undefined to leave it. Resolves to the claim as it is afterwards, in the task in which that became certain.
   */
  readonly claim: (
    slot: string,
    change: (held: Claim | undefined) => Claim | undefined,
  ) => Promise<Claim | undefined>
  /** The same for all claims at once: `null` removes one. Resolves to those that were changed or removed, as they were. */
  readonly changeClaims: (change: (held: Claim) => Claim | null | undefined) => Promise<readonly Claim[]>
  /**
   * The page is left. What is not saved is written by requests that need nothing more of this page, and other transactions
   * are aborted: a frozen page would hold up those of all tabs. They are tried again after `comeBack`.
   */
  readonly leave: (unsaved: Records) => void
  readonly comeBack: () => void
  /** Ends the connection. */
  readonly close: () => void
}
