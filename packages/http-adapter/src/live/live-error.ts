/** Why an attempt failed, and what follows. After any other error the source waits. */
export interface Trouble {
  readonly message: string
  /** Try again after a while, poll snapshots instead, or stop. */
  readonly next?: 'waiting' | 'polling' | 'stopped' | undefined
  /** How long the server asks to wait, in ms. */
  readonly retryAfter?: number | undefined
  /** It is expected, and not reported. */
  readonly isExpected?: boolean
  /** The data was useless. */
  readonly isUnreadable?: boolean
}

export const trouble = (message: string, more: Omit<Trouble, 'message'> & ErrorOptions): Error & Trouble =>
  Object.assign(new Error(message), more)
