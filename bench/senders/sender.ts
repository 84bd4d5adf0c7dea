import type { Deliveries } from '../deliveries.ts'

/** A way of sending what becomes of tasks to a server. */
export interface Sender {
  readonly name: string
  /** What is set so that a burst loses nothing; for those whose default options lose some of it, or batch little. */
  readonly raised?: string
  /** The part of the events that it is given, for those who would take minutes with all of them. */
  readonly share?: number
  /** Whether every version is to arrive, or the newest of each task. Default: every version. */
  readonly delivers?: 'tasks'
  readonly start: (url: string, deliveries: Deliveries, isRaised: boolean) => Sending
  /** What makes the events as they are sent, alone: its cost is taken off. */
  readonly startBare?: (deliveries: Deliveries) => Sending
}

export interface Sending {
  /** Sends the event of that place, at some time. */
  readonly write: (index: number) => void
  /** Resolves when all is answered for or given up. Gives how many events it says to have lost, if it says so. */
  readonly end: () => Promise<number | undefined>
}
