import type { JobState } from '@callsheet/core/jobs'
import { Refusal } from './refusal.ts'
import type { SeenIds } from './seen-ids.ts'

/** One delivery, as it came. */
export interface Delivery {
  readonly headers: Headers
  /** Raw: what was signed. */
  readonly body: Uint8Array<ArrayBuffer>
  /** Epoch ms. */
  readonly now: number
}

/** What a delivery says. */
export interface JobNews {
  /** The job's id at its provider. */
  readonly id: string
  readonly state: JobState
}

/** Who sends webhooks: how its deliveries are verified, and what they say. Make one for each endpoint, and keep it. */
export interface WebhookSource {
  /** As it stands in the `provider` of a job. */
  readonly provider: string
  /** Gives the id of a delivery, the same each time it is sent again. Rejects with what is to be answered. */
  readonly verify: (delivery: Delivery) => Promise<string>
  /** Undefined for what is about no job. */
  readonly read: (body: unknown) => JobNews | undefined | Promise<JobNews | undefined>
  /** The deliveries that were taken in. */
  readonly seen: SeenIds
}

const tolerance = 300

/** A header that has to be there, of a length that ids and signatures have. */
export function headerOf(headers: Headers, name: string, most = 1_024): string {
  const value = headers.get(name)
  if (!value || value.length > most) throw new Refusal(400, `the header ${name} is missing or malformed`)
  return value
}

/** Refuses what was signed more than five minutes ago, or from now. Gives the header's own text. */
export function checkTime(headers: Headers, name: string, now: number): string {
  const text = headerOf(headers, name)
  if (!/^\d{1,12}$/.test(text)) throw new Refusal(400, `the header ${name} is missing or malformed`)
  const seconds = Math.floor(now / 1_000) - Number(text)
  if (!(Math.abs(seconds) <= tolerance)) throw new Refusal(401, 'signed too long ago, or ahead of time')
  return text
}
