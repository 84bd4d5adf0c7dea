import type { JobState } from '@callsheet/core/jobs'
import { Refusal } from './refusal.ts'
import type { SeenIds } from './seen-ids.ts'

/** One delivery, unparsed. */
export interface Delivery {
  readonly headers: Headers
  /** Raw: what was signed. */
  readonly body: Uint8Array<ArrayBuffer>
  /** Epoch ms. */
  readonly now: number
}

/** The state of a job in a delivery. */
export interface JobNews {
  /** The job's id at its provider. */
  readonly id: string
  readonly state: JobState
}

/** Verifies and reads the deliveries of one sender. Create one for each endpoint, and keep it. */
export interface WebhookSource {
  /** The `provider` of its jobs. */
  readonly provider: string
  /** Returns the id of a delivery, which is the same for each retry. Rejects with a `Refusal`. */
  readonly verify: (delivery: Delivery) => Promise<string>
  /** Null for a delivery about something else, which is ignored. Undefined when it names no job, which is refused. */
  readonly read: (body: unknown) => JobNews | null | undefined | Promise<JobNews | null | undefined>
  /** Whether a success in a delivery has the output, so that one without it is a failure. @default true */
  readonly needsOutput?: boolean
  /** The deliveries that were processed. */
  readonly seen: SeenIds
}

const tolerance = 300

/** A required header of a plausible length. */
export function headerOf(headers: Headers, name: string, most = 1_024): string {
  const value = headers.get(name)
  if (!value || value.length > most) throw new Refusal(400, `the header ${name} is missing or malformed`)
  return value
}

/** Refuses a time more than five minutes from now. Returns the header's own text. */
export function checkTime(headers: Headers, name: string, now: number): string {
  const text = headerOf(headers, name)
  if (!/^\d{1,12}$/.test(text)) throw new Refusal(400, `the header ${name} is missing or malformed`)
  const seconds = Math.floor(now / 1_000) - Number(text)
  if (!(Math.abs(seconds) <= tolerance)) throw new Refusal(401, 'the signature is too old, or in the future')
  return text
}
