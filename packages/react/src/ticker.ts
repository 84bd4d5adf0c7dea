import { useSyncExternalStore } from 'react'
import { subscribeToNothing } from './show-id.ts'

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
let ticks = 0

/** Calls the listener each second. All listeners share one interval, which runs only while there are listeners. */
function subscribeToTicks(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    ticks += 1
    for (const call of listeners) call()
  }, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Renders each second while something runs. Returns a negative number on the server and while hydrating. */
export const useTicks = (isRunning: boolean): number =>
  useSyncExternalStore(isRunning ? subscribeToTicks : subscribeToNothing, countTicks, onServer)

const countTicks = () => ticks
const onServer = () => -1
