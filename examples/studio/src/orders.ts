import * as z from 'zod'
import { tracker } from './tracker.ts'

const order = z.object({
  prompt: z.string(),
  speed: z.number(),
  characters: z.optional(z.number()),
  videos: z.boolean(),
  faults: z.array(z.object({ type: z.string(), characterIndex: z.optional(z.number()) })),
})

/** The order of a user. */
export type Order = z.infer<typeof order>

const keyOf = (showId: string) => `studio-order:${showId}`

/** Keeps what was ordered with its show, also for the next visit. */
export function keepOrder(showId: string, given: Order): void {
  try {
    localStorage.setItem(keyOf(showId), JSON.stringify(given))
  } catch (error) {
    tracker.report(error)
  }
}

/** What was ordered; undefined for a show of another browser. */
export function orderOf(showId: string): Order | undefined {
  try {
    return order.safeParse(JSON.parse(localStorage.getItem(keyOf(showId)) ?? 'null')).data
  } catch {
    return undefined
  }
}
