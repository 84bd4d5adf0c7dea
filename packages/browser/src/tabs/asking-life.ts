import { freshId, type Life, type LifeOptions } from './life.ts'

/** Milliseconds that a page has to answer, twice. Hidden pages answer at once, busy ones when their script pauses. */
const patience = 1_500
/** Milliseconds between two looks at another page. */
const interval = 3_000
/** Milliseconds in which the pages that live are found. */
const callTime = 200

interface Message {
  readonly kind: 'ask' | 'here' | 'left'
  readonly from: string
  /** All pages, if undefined. */
  readonly to?: string | undefined
}

/**
 * Life without locks, which insecure origins lack: pages ask each other. One that is left says so; one that is silent counts
 * as gone, though it may only be stopped.
 */
export function createAskingLife({ name, onBegun, onEnded, report }: Omit<LifeOptions, 'locks'>): Life {
  let channel: BroadcastChannel | undefined
  let current: string | undefined
  let waiting: ((id: string) => void)[] = []
  const watched = new Set<string>()
  /** Those that have said so. */
  const gone = new Set<string>()
  const listeners = new Set<(from: string) => void>()

  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  const id = () =>
    current === undefined ? new Promise<string>((resolve) => waiting.push(resolve)) : Promise.resolve(current)

  function send(kind: Message['kind'], to?: string): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no target
    if (current !== undefined) channel?.postMessage({ kind, from: current, to } satisfies Message)
  }

  function receive({ kind, from, to }: Message): void {
    if (kind === 'left') {
      gone.add(from)
      ended(from)
    } else if (to !== undefined && to !== current) return
    else if (kind === 'ask') send('here', from)
    else for (const tell of listeners) tell(from)
  }

  function ended(other: string): void {
    if (watched.delete(other)) onEnded(other).catch(report)
  }

  function answers(other: string): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isAlive: boolean) => {
        clearTimeout(timer)
        listeners.delete(tell)
        resolve(isAlive)
      }
      const tell = (from: string) => void (from === other && end(true))
      const timer = setTimeout(end, patience, false)
      listeners.add(tell)
      send('ask', other)
    })
  }

  async function isAlive(other: string): Promise<boolean> {
    const me = await id()
    if (gone.has(other)) return false
    // Twice, because after a sleep of the computer a timer may fire before the answer arrives.
    if ((await answers(other)) || (await answers(other))) return true
    // Left meanwhile, this page has heard nothing.
    return current !== me && isAlive(other)
  }

  async function look(other: string): Promise<void> {
    const me = current
    const isLooking = () => current === me && watched.has(other)
    while (isLooking()) {
      await pause(interval)
      if (isLooking() && !(await isAlive(other)) && isLooking()) ended(other)
    }
  }

  return {
    id,
    current: () => current,
    watch(other) {
      if (current === undefined || other === current || watched.has(other) || gone.has(other)) return
      watched.add(other)
      void look(other)
    },
    isAlive,
    isWatched: (other) => watched.has(other),
    async others() {
      const found = new Set<string>()
      const tell = (from: string) => void found.add(from)
      listeners.add(tell)
      send('ask')
      await pause(callTime)
      listeners.delete(tell)
      return [...found]
    },
    end() {
      if (current === undefined) return
      send('left')
      gone.add(current)
      current = undefined
      channel?.close()
      channel = undefined
      watched.clear()
    },
    begin() {
      current = freshId()
      const opened = (channel = new BroadcastChannel(`callsheet:${name}:life`))
      opened.addEventListener('message', ({ data }) => {
        if (channel === opened) receive(data as Message)
      })
      onBegun(current)
      for (const tell of waiting.splice(0)) tell(current)
    },
  }
}
