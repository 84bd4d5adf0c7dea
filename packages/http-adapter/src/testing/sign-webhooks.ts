import { createFakeClock } from '@callsheet/core/test'

/** A delivery before it is sent: what a test changes of it. */
export interface Parcel {
  readonly headers: Record<string, string>
  readonly body: string
}

export const secretOf = (seed: number): string =>
  `whsec_${btoa(String.fromCharCode(...new Uint8Array(32).fill(seed)))}`

export const clock = createFakeClock()

export const inSeconds = (ms: number): string => String(Math.floor(ms / 1_000))

/** As the specification says it, by other means than ours: the whole content as one text, and the key as bytes. */
export async function signStandard(
  body: string,
  { secret = secretOf(1), id = 'msg_1', time = inSeconds(clock.now()), version = 'v1' } = {},
): Promise<Parcel> {
  const bytes = Uint8Array.from(atob(secret.slice(6)), (it) => it.charCodeAt(0))
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const content = new TextEncoder().encode(`${id}.${time}.${body}`)
  const signature = btoa(
    String.fromCharCode(...new Uint8Array(await crypto.subtle.sign('HMAC', key, content))),
  )
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': time,
    'webhook-signature': `${version},${signature}`,
    'content-type': 'application/json',
  }
  return { headers, body }
}

/** A key pair as fal has one, and its public half as fal publishes it. */
export async function createFalKeys() {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  const { kty, crv, x } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  return { privateKey: pair.privateKey, jwk: { kty, crv, x, kid: 'fal-1', use: 'sig', alg: 'EdDSA' } }
}

export const hexOf = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('')

export async function signFal(
  body: string,
  key: CryptoKey,
  { id = 'request-1', user = 'user-1', time = inSeconds(clock.now()) } = {},
): Promise<Parcel> {
  const digest = hexOf(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body)))
  const message = new TextEncoder().encode(`${id}\n${user}\n${time}\n${digest}`)
  const headers = {
    'x-fal-webhook-request-id': id,
    'x-fal-webhook-user-id': user,
    'x-fal-webhook-timestamp': time,
    'x-fal-webhook-signature': hexOf(await crypto.subtle.sign('Ed25519', key, message)),
    'content-type': 'application/json',
  }
  return { headers, body }
}

export const requestOf = ({ headers, body }: Parcel): Request =>
  new Request('https://app.test/hooks', { method: 'POST', headers, body })

/** What a source says of a parcel: the delivery's id, or the status and reason of its refusal. */
export async function verdictOf(
  source: {
    verify: (it: { headers: Headers; body: Uint8Array<ArrayBuffer>; now: number }) => Promise<string>
  },
  { headers, body }: Parcel,
  now = clock.now(),
): Promise<string> {
  try {
    return await source.verify({ headers: new Headers(headers), body: new TextEncoder().encode(body), now })
  } catch (error) {
    const { status, message } = error as { status?: number; message: string }
    return `${status}: ${message}`
  }
}
