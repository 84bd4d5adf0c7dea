/** Why nothing comes in, and what follows. Whatever else is thrown is a reason to wait. */
export interface Trouble {
  readonly message: string
  /** To try again after a while, to ask for snapshots instead, or not to go on. */
  readonly next?: 'waiting' | 'polling' | 'stopped' | undefined
  /** How long the server asks to wait, in ms. */
  readonly retryAfter?: number | undefined
  /** Part of life: nobody has to be told. */
  readonly isExpected?: boolean
  /** What came was worth nothing. */
  readonly isUnreadable?: boolean
}

export const trouble = (message: string, more: Omit<Trouble, 'message'> & ErrorOptions): Error & Trouble =>
  Object.assign(new Error(message), more)
