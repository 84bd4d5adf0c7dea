import { CallsheetError } from '@callsheet/core'
import { Refusal } from './refusal.ts'
import { replicateState } from '../providers/replicate-state.ts'
import { createSeenIds, type SeenIds } from './seen-ids.ts'
import { checkTime, headerOf, type WebhookSource } from './webhook-source.ts'

/** What a source of Standard Webhooks needs. */
export interface StandardWebhooksOptions {
  /** As it stands in the `provider` of a job. */
  readonly provider: string
  /** `whsec_…`, or the Base64 alone; while it is changed, the new and the old one. */
  readonly secret: string | readonly string[]
  /** What a delivery's JSON says of which job; undefined when it is about none. */
  readonly read: WebhookSource['read']
  /** Default: the newest 10,000, in memory. */
  readonly seen?: SeenIds
}

/**
 * Makes a source of webhooks that are signed by the [Standard Webhooks](https://www.standardwebhooks.com)
 * specification: HMAC-SHA256, `v1`.
 *
 * Throws a CallsheetError for a secret that is empty or no Base64.
 *
 * @example
 * const source = standardWebhooks({
 *   provider: 'openai',
 *   secret: process.env.OPENAI_WEBHOOK_SECRET!,
 *   read: (body) => {
 *     const { type, data } = body as { type: string; data: { id: string } }
 *     return type === 'video.failed' ? { id: data.id, state: { status: 'failed' } } : undefined
 *   },
 * })
 */
export function standardWebhooks(options: StandardWebhooksOptions): WebhookSource {
  const { provider, secret, read, seen = createSeenIds() } = options
  const secrets = [secret].flat().map(decodeSecret)
  if (secrets.length === 0)
    throw new CallsheetError(`The webhooks of ${provider} need a secret; none is given.`, {
      code: 'invalid_option',
    })
  let keys: Promise<CryptoKey[]> | undefined
  return {
    provider,
    read,
    seen,
    async verify({ headers, body, now }) {
      const id = headerOf(headers, 'webhook-id', 256)
      // A dot would leave open where the id ends in what is signed.
      if (id.includes('.')) throw new Refusal(400, 'the header webhook-id is missing or malformed')
      const time = checkTime(headers, 'webhook-timestamp', now)
      const given = headerOf(headers, 'webhook-signature', 4_096).split(' ')
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
 * Makes the source of Replicate's webhooks. The secret is that of your account:
 * https://replicate.com/docs/topics/webhooks/verify-webhook
 *
 * @example
 * const source = replicateWebhooks({ secret: process.env.REPLICATE_WEBHOOK_SECRET! })
 */
export const replicateWebhooks = (options: Pick<StandardWebhooksOptions, 'secret' | 'seen'>): WebhookSource =>
  standardWebhooks({
    ...options,
    provider: 'replicate',
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
    // Told below.
  }
  throw new CallsheetError(
    'A webhook secret is empty or no Base64; give it as the provider shows it (whsec_…).',
    { code: 'invalid_option' },
  )
}

const importSecret = (bytes: Uint8Array<ArrayBuffer>) =>
  crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])

const toBase64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)))

/** Takes the same time wherever two texts of one length differ; the length of a signature is no secret. */
function isEqual(given: string, wanted: string): boolean {
  if (given.length !== wanted.length) return false
  let difference = 0
  for (let place = 0; place < wanted.length; place += 1) {
    difference |= given.charCodeAt(place) ^ wanted.charCodeAt(place)
  }
  return difference === 0
}
