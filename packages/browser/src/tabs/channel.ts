import type { Records } from '../storage/records.ts'

/** What pages tell each other. */
export type Message =
  /** A page begins to live, and asks what is not saved yet. */
  | { readonly kind: 'alive'; readonly from: string }
  /** What has changed in a page, or, with `to`, what it has not saved yet. */
  | {
      readonly kind: 'records'
      readonly from: string
      readonly to?: string
      /** The page has written them itself: it works on those of the tasks that are active. */
      readonly isOwn: boolean
      readonly records: Records
    }
  /** All that a page has told of is saved. */
  | { readonly kind: 'saved'; readonly from: string }

/** Talks to the other tabs. Closed while the page is left: a message would push it out of the back-forward cache. */
export interface Channel {
  readonly open: () => void
  readonly close: () => void
  readonly send: (message: Message) => void
}

export function createChannel(
  name: string,
  onMessage: (message: Message) => void,
  report: (error: unknown) => void,
): Channel {
  let channel: BroadcastChannel | undefined
  return {
    open() {
      if (channel) return
      const opened = (channel = new BroadcastChannel(`callsheet:${name}`))
      opened.addEventListener('message', ({ data }) => {
        // A page that was frozen may still be told.
        if (channel === opened) onMessage(data as Message)
      })
    },
    close() {
      channel?.close()
      channel = undefined
    },
    send(message) {
      try {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no target
        channel?.postMessage(message)
      } catch (error) {
        report(error)
      }
    },
  }
}
