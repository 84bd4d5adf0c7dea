import { CallsheetError } from '@callsheet/core'
import { parseJson } from '../body/parse-json.ts'
import { readText } from '../body/read-body.ts'
import { Refusal } from './refusal.ts'
import type { Fetch } from '../route/request.ts'

const longestAge = 24 * 3_600_000
const pause = 60_000
const timeout = 5_000
const most = { bytes: 65_536, keys: 20 }

/** Public keys of a provider, by which some signature is to be judged. */
export interface KeySet {
  /** Tries every key; new ones are fetched when none fits, at most once a minute. Throws when there are none. */
  readonly some: (isRight: (key: CryptoKey) => Promise<boolean>, now: number) => Promise<boolean>
}

/** Keeps the Ed25519 keys of a JSON Web Key Set, for at most 24 hours. */
export function createKeySet(url: string, send: Fetch): KeySet {
  let keys: readonly CryptoKey[] = []
  let fetchedAt = -Infinity
  let askedAt = -Infinity
  let asking: Promise<void> | undefined

  /** True when new keys arrived. Concurrent calls share one request. */
  async function refresh(now: number): Promise<boolean> {
    if (!asking) {
      if (now - askedAt < pause) return false
      askedAt = now
      asking = fetchKeys(url, send)
        .then((fetched) => {
          keys = fetched
          fetchedAt = now
        })
        .finally(() => {
          asking = undefined
        })
    }
    await asking
    return true
  }

  return {
    async some(isRight, now) {
      const isFresh = () => now - fetchedAt <= longestAge
      if (!isFresh()) await refresh(now)
      if (!isFresh()) throw new Refusal(503, 'the keys of the sender are not available')
      const fits = async () => {
        for (const key of keys) if (await isRight(key)) return true
        return false
      }
      return (await fits()) || ((await refresh(now)) && (await fits()))
    },
  }
}

async function fetchKeys(url: string, send: Fetch): Promise<CryptoKey[]> {
  try {
    // A redirect is not a key set. Workers do not know `error` here.
    const response = await send(url, { redirect: 'manual', signal: AbortSignal.timeout(timeout) })
    const text = response.ok ? await readText(response, most.bytes) : undefined
    if (text === undefined)
      throw new CallsheetError(`Cannot fetch webhook keys from ${url}: HTTP ${response.status}.`, {
        code: 'webhook_failed',
      })
    const { keys } = parseJson(text) as { readonly keys: readonly JsonWebKey[] }
    const own = keys.filter(({ kty, crv }) => kty === 'OKP' && crv === 'Ed25519').slice(0, most.keys)
    if (own.length === 0)
      throw new CallsheetError(`Cannot find an Ed25519 key at ${url}.`, { code: 'webhook_failed' })
    return await Promise.all(own.map(importKey))
  } catch (error) {
    throw new Refusal(503, 'the keys of the sender are not available', { cause: error })
  }
}

async function importKey({ kty, crv, x }: JsonWebKey): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('jwk', { kty, crv, x } as JsonWebKey, 'Ed25519', false, ['verify'])
  } catch (error) {
    if ((error as Error).name !== 'NotSupportedError') throw error
    const message =
      'This runtime has no Ed25519 in WebCrypto; use Node 20.19, Chromium 137, Safari 17, Firefox 129, or newer.'
    throw new CallsheetError(message, { code: 'webhook_failed', cause: error })
  }
}
