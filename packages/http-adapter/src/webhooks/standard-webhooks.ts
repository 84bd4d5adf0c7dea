import { CallsheetError } from '@callsheet/core'
import { Refusal } from './refusal.ts'
import { replicateState } from '../providers/replicate-state.ts'
import { createSeenIds, type SeenIds } from './seen-ids.ts'
import { checkTime, headerOf, type WebhookSource } from './webhook-source.ts'

/** Options of `standardWebhooks`. */
export interface StandardWebhooksOptions {
  /** The `provider` of its jobs. */
  readonly provider: string
  /** `whsec_…`, or the Base64 alone; during a rotation, the new and the old one. */
  readonly secret: string | readonly string[]
  /**
   * Returns the job and its state from a delivery's JSON; null for a delivery about something else; undefined when it names
   * no job. It may ask the provider for what the delivery lacks.
   */
  readonly read: WebhookSource['read']
  /**
   * Whether a delivery of a success has the output, so that one without it is a failure. Otherwise the task succeeds, and a
   * poll of the job may add the output.
   *
   * @default false
   */
  readonly needsOutput?: boolean
  /** Remembers the deliveries that were processed. @default the newest 10,000, in memory */
  readonly seen?: SeenIds
}

/**
 * Creates a source of webhooks signed by the [Standard Webhooks](https://www.standardwebhooks.com)
 * specification: HMAC-SHA256, `v1`. Its headers are `webhook-*`, or `svix-*` where Svix sends them.
 *
 * Throws a CallsheetError for a secret that is empty or not Base64.
 *
 * @example
 * const source = standardWebhooks({
 *   provider: 'acme',
 *   secret: process.env.ACME_WEBHOOK_SECRET!,
 *   read: (body) => {
 *     const { type, data } = body as { type: string; data: { id: string } }
 *     return type === 'video.failed' ? { id: data.id, state: { status: 'failed' } } : null
 *   },
 * })
 */
export function standardWebhooks(options: StandardWebhooksOptions): WebhookSource {
  const { provider, secret, read, needsOutput = false, seen = createSeenIds() } = options
  const secrets = [secret].flat().map(decodeSecret)
  if (secrets.length === 0)
    throw new CallsheetError(`Missing "secret" of the webhooks of ${provider}.`, {
      code: 'invalid_option',
    })
  let keys: Promise<CryptoKey[]> | undefined
  return {
    provider,
    read,
    needsOutput,
    seen,
    async verify({ headers, body, now }) {
      const prefix = headers.has('svix-id') && !headers.has('webhook-id') ? 'svix' : 'webhook'
      const id = headerOf(headers, `${prefix}-id`, 256)
      // An id may have dots. What is signed then leaves open where it ends, but not beyond the brace of an object: and
      // what follows an earlier dot is not JSON.
      if (id.includes('{')) throw new Refusal(400, `the header ${prefix}-id is missing or malformed`)
      const time = checkTime(headers, `${prefix}-timestamp`, now)
      const given = headerOf(headers, `${prefix}-signature`, 4_096).split(' ')
      keys ??= Promise.all(secrets.map(importSecret))
      const content = await new Blob([`${id}.${time}.`, body]).arrayBuffer()
      let isSigned = false
      for (const key of await keys) {
        const wanted = `v1,${toBase64(await crypto.subtle.sign('HMAC', key, content))}`
        // Each is looked at, whatever came before.
        for (const signature of given) isSigned = isEqual(signature, wanted) || isSigned
      }
      if (!isSigned) throw new Refusal(401, 'the signature does not match')
      return id
    },
  }
}

/**
 * Creates the source of Replicate's webhooks. The secret is that of your account:
 * https://replicate.com/docs/topics/webhooks/verify-webhook
 *
 * @example
 * const source = replicateWebhooks({ secret: process.env.REPLICATE_WEBHOOK_SECRET! })
 */
export const replicateWebhooks = (options: Pick<StandardWebhooksOptions, 'secret' | 'seen'>): WebhookSource =>
  standardWebhooks({
    ...options,
    provider: 'replicate',
    needsOutput: true,
    read(body) {
      const { id } = (body ?? {}) as { readonly id?: unknown }
      return typeof id === 'string' ? { id, state: replicateState(body) } : undefined
    },
  })

/** Its value is in no message: errors are logged. */
function decodeSecret(secret: unknown): Uint8Array<ArrayBuffer> {
  const text = typeof secret === 'string' ? secret.replace(/^whsec_/, '') : ''
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    if (bytes.length > 0) return bytes
  } catch {
    // Thrown below.
  }
  throw new CallsheetError('Invalid webhook "secret": expected Base64, as the provider shows it (whsec_…).', {
    code: 'invalid_option',
  })
}

const importSecret = (bytes: Uint8Array<ArrayBuffer>) =>
  crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])

const toBase64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)))

/** Takes the same time wherever two texts of one length differ; the length of a signature is not secret. */
function isEqual(given: string, wanted: string): boolean {
  if (given.length !== wanted.length) return false
  let difference = 0
  for (let place = 0; place < wanted.length; place += 1) {
    difference |= given.charCodeAt(place) ^ wanted.charCodeAt(place)
  }
  return difference === 0
}
