import { falDelivery } from '../providers/fal-state.ts'
import { createKeySet } from './key-set.ts'
import { Refusal } from './refusal.ts'
import type { Fetch } from '../route/request.ts'
import { createSeenIds, type SeenIds } from './seen-ids.ts'
import { checkTime, headerOf, type WebhookSource } from './webhook-source.ts'

/** Options of `falWebhooks`. */
export interface FalWebhooksOptions {
  /** Your id at fal, or those of your team. @default any account */
  readonly userId?: string | readonly string[]
  /** Where fal publishes its keys. @default https://rest.fal.ai/.well-known/jwks.json */
  readonly keysUrl?: string
  /** Fetches the keys. @default the global fetch */
  readonly fetch?: Fetch
  /** Remembers the deliveries that were processed. @default the newest 10,000, in memory */
  readonly seen?: SeenIds
}

/**
 * Creates the source of fal's webhooks, which are signed by Ed25519:
 * https://docs.fal.ai/model-apis/model-endpoints/webhooks
 *
 * Its keys are fetched with the first delivery and kept for a day. Pass your `userId`: every account at fal
 * can make it send signed deliveries to any address.
 *
 * @example
 * const source = falWebhooks({ userId: process.env.FAL_USER_ID! })
 */
export function falWebhooks(options: FalWebhooksOptions = {}): WebhookSource {
  const { userId, keysUrl = 'https://rest.fal.ai/.well-known/jwks.json', seen = createSeenIds() } = options
  const users = userId === undefined ? undefined : [userId].flat()
  const keys = createKeySet(keysUrl, options.fetch ?? ((...args) => globalThis.fetch(...args)))
  return {
    provider: 'fal',
    seen,
    read(body) {
      const { request_id: id } = (body ?? {}) as { readonly request_id?: unknown }
      return typeof id === 'string' ? { id, state: falDelivery(body) } : undefined
    },
    async verify({ headers, body, now }) {
      const id = headerOf(headers, 'x-fal-webhook-request-id', 256)
      const user = headerOf(headers, 'x-fal-webhook-user-id', 256)
      if (users?.includes(user) === false) throw new Refusal(401, 'the signature does not match')
      const time = checkTime(headers, 'x-fal-webhook-timestamp', now)
      const signature = headerOf(headers, 'x-fal-webhook-signature')
      // In one spelling only, so that nothing but what was sent passes.
      if (!/^[\da-f]{128}$/.test(signature)) {
        throw new Refusal(400, 'the header x-fal-webhook-signature is missing or malformed')
      }
      const digest = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', body)))
      const message = new TextEncoder().encode([id, user, time, digest].join('\n'))
      const bytes = fromHex(signature)
      const isRight = (key: CryptoKey) => crypto.subtle.verify('Ed25519', key, bytes, message)
      if (!(await keys.some(isRight, now))) throw new Refusal(401, 'the signature does not match')
      // A request may fail and succeed after all: those are two deliveries, whatever fal calls them.
      return `${id}:${digest.slice(0, 32)}`
    },
  }
}

const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const fromHex = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
