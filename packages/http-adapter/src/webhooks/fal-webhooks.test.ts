import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { falWebhooks } from './fal-webhooks.ts'
import {
  clock,
  createFalKeys,
  hexOf,
  inSeconds,
  type Parcel,
  signFal,
  verdictOf,
} from '../testing/sign-webhooks.ts'

const body = JSON.stringify({
  request_id: 'request-1',
  status: 'OK',
  payload: { images: [{ url: 'https://a.test/ž.png' }] },
})
const fal = await createFalKeys()
const stranger = await createFalKeys()
const taken = /^request-1:[\da-f]{32}$/
const at = (ms: number) => inSeconds(clock.now() + ms)

/** fal's address of keys: says what it is told, and counts. */
function keyServer(answer: () => Response | Promise<Response> = () => Response.json({ keys: [fal.jwk] })) {
  const server = { asked: 0, answer, fetch: () => ((server.asked += 1), Promise.resolve(server.answer())) }
  return server
}

const withHeader = (name: string, change: (value: string) => string) => async (): Promise<Parcel> => {
  const { headers } = await signFal(body, fal.privateKey)
  return { headers: { ...headers, [name]: change(headers[name]!) }, body }
}

const without = (name: string) => async (): Promise<Parcel> => {
  const { [name]: _gone, ...headers } = (await signFal(body, fal.privateKey)).headers
  return { headers, body }
}

const forged: readonly (readonly [what: string, make: () => Promise<Parcel>])[] = [
  ['another key', () => signFal(body, stranger.privateKey)],
  ['another request', withHeader('x-fal-webhook-request-id', () => 'request-2')],
  ['another user', withHeader('x-fal-webhook-user-id', () => 'user-2')],
  ['another time', withHeader('x-fal-webhook-timestamp', () => at(1_000))],
  ['an old delivery', () => signFal(body, fal.privateKey, { time: at(-301_000) })],
  ['one of the future', () => signFal(body, fal.privateKey, { time: at(301_000) })],
  ['an invalid time', () => signFal(body, fal.privateKey, { time: 'now' })],
  [
    'another body',
    async () => ({ ...(await signFal(body, fal.privateKey)), body: '{"request_id":"request-2"}' }),
  ],
  ['an empty body', async () => ({ ...(await signFal(body, fal.privateKey)), body: '' })],
  [
    'a signature of the body instead of its digest',
    async () => {
      const { headers } = await signFal(body, fal.privateKey)
      const bytes = new TextEncoder().encode(`request-1\nuser-1\n${at(0)}\n${body}`)
      const signature = hexOf(await crypto.subtle.sign('Ed25519', fal.privateKey, bytes))
      return { headers: { ...headers, 'x-fal-webhook-signature': signature }, body }
    },
  ],
  ['a signature of zeros', withHeader('x-fal-webhook-signature', () => '0'.repeat(128))],
  ['half a signature', withHeader('x-fal-webhook-signature', (it) => it.slice(0, 64))],
  ['a signature in capitals', withHeader('x-fal-webhook-signature', (it) => it.toUpperCase())],
  ['a signature that is not hexadecimal', withHeader('x-fal-webhook-signature', (it) => `x${it.slice(1)}`)],
  ['a signature in Base64', withHeader('x-fal-webhook-signature', (it) => btoa(it.slice(0, 64)))],
  ['no request', without('x-fal-webhook-request-id')],
  ['no user', without('x-fal-webhook-user-id')],
  ['no time', without('x-fal-webhook-timestamp')],
  ['no signature', without('x-fal-webhook-signature')],
]

describe('falWebhooks', () => {
  it('takes in what fal signed', async () => {
    const source = falWebhooks({ fetch: keyServer().fetch })
    expect(await verdictOf(source, await signFal(body, fal.privateKey))).toMatch(taken)
    expect(source.read(JSON.parse(body))).toMatchObject({ id: 'request-1', state: { status: 'succeeded' } })
    expect(source.read({ status: 'OK' })).toBeUndefined()
  })

  it.each(forged)('refuses %s', async (_what, make) => {
    expect(await verdictOf(falWebhooks({ fetch: keyServer().fetch }), await make())).toMatch(/^40[01]: /)
  })

  it('allows five minutes either way, to the second', async () => {
    const source = falWebhooks({ fetch: keyServer().fetch })
    for (const ms of [-300_000, 300_000]) {
      expect(await verdictOf(source, await signFal(body, fal.privateKey, { time: at(ms) }))).toMatch(taken)
    }
  })

  it('takes in only the pinned users, and asks for no key for others', async () => {
    const server = keyServer()
    const pinned = falWebhooks({ fetch: server.fetch, userId: ['user-2', 'user-3'] })
    expect(await verdictOf(pinned, await signFal(body, fal.privateKey))).toMatch(/^401: /)
    expect(server.asked).toBe(0)
    expect(await verdictOf(pinned, await signFal(body, fal.privateKey, { user: 'user-3' }))).toMatch(taken)
    const one = falWebhooks({ fetch: server.fetch, userId: 'user-1' })
    expect(await verdictOf(one, await signFal(body, fal.privateKey))).toMatch(taken)
  })

  it('refuses any delivery of which one character is another', async () => {
    const source = falWebhooks({ fetch: keyServer().fetch })
    const { headers } = await signFal(body, fal.privateKey)
    const signed = ['request-id', 'user-id', 'timestamp', 'signature'].map((name) => `x-fal-webhook-${name}`)
    const printable = fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...signed, 'body'),
        fc.nat(),
        printable,
        async (where, place, character) => {
          const text = where === 'body' ? body : headers[where]!
          const index = place % text.length
          fc.pre(text[index] !== character)
          const changed = text.slice(0, index) + character + text.slice(index + 1)
          const parcel =
            where === 'body'
              ? { headers, body: changed }
              : { headers: { ...headers, [where]: changed }, body }
          expect(await verdictOf(source, parcel)).toMatch(/^40[01]: /)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('the keys of fal', () => {
  const deliver = async (source: ReturnType<typeof falWebhooks>, ms = 0, key = fal.privateKey) =>
    verdictOf(source, await signFal(body, key, { time: at(ms) }), clock.now() + ms)
  const hour = 3_600_000
  const unknown = /^401: the signature does not match$/
  const missing = '503: the keys of the sender are not available'

  it('are fetched once for a day, also by many deliveries at once', async () => {
    const server = keyServer()
    const source = falWebhooks({ fetch: server.fetch })
    for (const verdict of await Promise.all([deliver(source), deliver(source), deliver(source)])) {
      expect(verdict).toMatch(taken)
    }
    await deliver(source, 24 * hour)
    expect(server.asked).toBe(1)
    await deliver(source, 24 * hour + 1_000)
    expect(server.asked).toBe(2)
  })

  it('are found among keys of other kinds', async () => {
    const x25519 = { kty: 'OKP', crv: 'X25519', x: fal.jwk.x }
    const server = keyServer(() =>
      Response.json({ keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }, x25519, fal.jwk] }),
    )
    expect(await deliver(falWebhooks({ fetch: server.fetch }))).toMatch(taken)
  })

  it('are fetched again for a signature of none of them, at most once a minute', async () => {
    const server = keyServer()
    const source = falWebhooks({ fetch: server.fetch })
    await deliver(source)
    server.answer = () => Response.json({ keys: [fal.jwk, stranger.jwk] })
    expect(await deliver(source, 59_000, stranger.privateKey)).toMatch(unknown)
    expect(server.asked).toBe(1)
    expect(await deliver(source, 60_000, stranger.privateKey)).toMatch(taken)
    expect(server.asked).toBe(2)
    const { privateKey } = await createFalKeys()
    for (let place = 0; place < 100; place += 1)
      expect(await deliver(source, 61_000, privateKey)).toMatch(unknown)
    expect(server.asked).toBe(2)
  })

  it('are no longer trusted when fal has taken them back', async () => {
    const server = keyServer()
    const source = falWebhooks({ fetch: server.fetch })
    await deliver(source)
    server.answer = () => Response.json({ keys: [stranger.jwk] })
    expect(await deliver(source, 24 * hour + 1_000)).toMatch(unknown)
    expect(await deliver(source, 24 * hour + 1_000, stranger.privateKey)).toMatch(taken)
  })

  it.each<readonly [string, () => Response | Promise<Response>]>([
    ['the network is down', () => Promise.reject(new TypeError('fetch failed'))],
    ['the server fails', () => new Response('no', { status: 500 })],
    [
      'it is sent elsewhere',
      () => new Response(null, { status: 302, headers: { location: 'https://evil.test' } }),
    ],
    ['a page comes', () => new Response('<html>')],
    ['no key comes', () => Response.json({ keys: [] })],
    ['keys of another kind come', () => Response.json({ keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] })],
    ['a broken key comes', () => Response.json({ keys: [{ ...fal.jwk, x: 'AAAA' }] })],
    ['too much comes', () => new Response(`{"keys":[${' '.repeat(70_000)}]}`)],
  ])('are waited for when %s: nothing is taken in without them', async (_what, answer) => {
    const server = keyServer(answer)
    const source = falWebhooks({ fetch: server.fetch })
    for (let place = 0; place < 5; place += 1) expect(await deliver(source)).toBe(missing)
    expect(server.asked).toBe(1)
    server.answer = () => Response.json({ keys: [fal.jwk] })
    expect(await deliver(source, 60_000)).toMatch(taken)
  })

  it('serve on while new ones cannot be had, for what they fit', async () => {
    const server = keyServer()
    const source = falWebhooks({ fetch: server.fetch })
    await deliver(source)
    server.answer = () => Promise.reject(new TypeError('fetch failed'))
    expect(await deliver(source, hour, stranger.privateKey)).toBe(missing)
    expect(await deliver(source, hour)).toMatch(taken)
    expect(await deliver(source, 25 * hour)).toBe(missing)
  })

  it('cannot be used by a runtime without Ed25519, and the reason says so', async () => {
    const old = Object.assign(new Error('Unrecognized algorithm name'), { name: 'NotSupportedError' })
    const spy = vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(old)
    onTestFinished(() => spy.mockRestore())
    const { headers } = await signFal(body, fal.privateKey)
    const delivery = { headers: new Headers(headers), body: new TextEncoder().encode(body), now: clock.now() }
    const refused = falWebhooks({ fetch: keyServer().fetch }).verify(delivery)
    const cause: unknown = expect.objectContaining({ message: expect.stringMatching(/Ed25519/) })
    await expect(refused).rejects.toMatchObject({ status: 503, cause })
  })
})
