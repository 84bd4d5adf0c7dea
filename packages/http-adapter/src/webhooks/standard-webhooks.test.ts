import { CallsheetError } from '@callsheet/core'
import fc from 'fast-check'
import { validateWebhook } from 'replicate'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createTestTracker } from '@callsheet/core/test'
import { handleWebhook } from './handle-webhook.ts'
import { replicateWebhooks, standardWebhooks } from './standard-webhooks.ts'
import {
  clock,
  inSeconds,
  type Parcel,
  requestOf,
  secretOf,
  signStandard,
  verdictOf,
} from '../testing/sign-webhooks.ts'

const body = JSON.stringify({
  id: 'p1',
  status: 'succeeded',
  output: 'https://files.test/a.png',
  note: 'žluťoučký 🐎',
})
const source = replicateWebhooks({ secret: secretOf(1) })
const at = (ms: number) => inSeconds(clock.now() + ms)

const withHeader = (name: string, change: (value: string) => string) => async (): Promise<Parcel> => {
  const { headers } = await signStandard(body)
  return { headers: { ...headers, [name]: change(headers[name]!) }, body }
}

const without = (name: string) => async (): Promise<Parcel> => {
  const { [name]: _gone, ...headers } = (await signStandard(body)).headers
  return { headers, body }
}

/** What a forger may try, and whether Replicate's own `validateWebhook` is deceived. */
const forged: readonly (readonly [what: string, make: () => Promise<Parcel>, deceives: boolean])[] = [
  ['another secret', () => signStandard(body, { secret: secretOf(2) }), false],
  ['a secret of zeros', () => signStandard(body, { secret: secretOf(0) }), false],
  ['a body of another delivery', async () => ({ ...(await signStandard(body)), body: '{"id":"p2"}' }), false],
  ['a body with a space more', async () => ({ ...(await signStandard(body)), body: `${body} ` }), false],
  ['an empty body', async () => ({ ...(await signStandard(body)), body: '' }), false],
  ['another id', withHeader('webhook-id', () => 'msg_2'), false],
  ['an id that borrows from the time', withHeader('webhook-id', (id) => `${id}.${at(0)}`), false],
  ['another time', withHeader('webhook-timestamp', () => at(1_000)), false],
  ['an old delivery', () => signStandard(body, { time: at(-301_000) }), true],
  ['one of five years ago', () => signStandard(body, { time: at(-157_680_000_000) }), true],
  ['one of the future', () => signStandard(body, { time: at(301_000) }), true],
  ['a time in milliseconds', () => signStandard(body, { time: String(clock.now()) }), true],
  ['a time with something behind it', withHeader('webhook-timestamp', (time) => `${time}x`), false],
  ['an invalid time', () => signStandard(body, { time: 'now' }), true],
  ['another version of signature', withHeader('webhook-signature', (it) => it.replace('v1', 'v2')), true],
  ['an asymmetric version', withHeader('webhook-signature', (it) => it.replace('v1', 'v1a')), true],
  ['no version', withHeader('webhook-signature', (it) => it.slice(3)), false],
  ['an empty signature', withHeader('webhook-signature', () => 'v1,'), false],
  ['a part of the signature', withHeader('webhook-signature', (it) => it.slice(0, -8)), false],
  ['a signature with something behind it', withHeader('webhook-signature', (it) => `${it},x`), true],
  [
    'a signature in other letters',
    withHeader('webhook-signature', (it) => `v1,${it.slice(3).toLowerCase()}`),
    false,
  ],
  ['no signature', without('webhook-signature'), false],
  ['no time', without('webhook-timestamp'), false],
  ['no id', without('webhook-id'), false],
]

describe('standardWebhooks', () => {
  it('takes in what is signed by the specification, whatever is in it', async () => {
    expect(await verdictOf(source, await signStandard(body))).toBe('msg_1')
    expect(await verdictOf(source, await signStandard(''))).toBe('msg_1')
  })

  it.each(forged)('refuses %s', async (_what, make) => {
    expect(await verdictOf(source, await make())).toMatch(/^40[01]: /)
  })

  it.each(forged)('is stricter than a peer, or as strict, on %s', async (_what, make, deceives) => {
    const { headers, body: text } = await make()
    const isPassed = await validateWebhook({
      id: headers['webhook-id']!,
      timestamp: headers['webhook-timestamp']!,
      signature: headers['webhook-signature']!,
      body: text,
      secret: secretOf(1),
    }).catch(() => false)
    expect(isPassed).toBe(deceives)
  })

  it('allows five minutes either way, to the second', async () => {
    for (const ms of [-300_000, 300_000]) {
      expect(await verdictOf(source, await signStandard(body, { time: at(ms) }))).toBe('msg_1')
    }
    const late = await signStandard(body, { time: at(-301_000) })
    expect(await verdictOf(source, late)).toBe('401: the signature is too old, or in the future')
  })

  it('takes in an id with dots', async () => {
    expect(await verdictOf(source, await signStandard(body, { id: 'msg.1.2' }))).toBe('msg.1.2')
    expect(await verdictOf(source, await signStandard(body, { id: 'msg_{' }))).toMatch(/^400: /)
  })

  it('gives a delivery no other meaning by another place where its id ends', async () => {
    const { tracker } = createTestTracker({ start: clock.now() })
    const job = { provider: 'replicate', id: 'p1' }
    tracker.addTask({ id: 't1', showId: 's1', type: 'trailer', status: 'processing', job })
    const before = tracker.getTask('t1')
    const { headers } = await signStandard(body, { id: `msg.${at(0)}`, time: at(1_000) })
    const moved = { ...headers, 'webhook-id': 'msg', 'webhook-timestamp': at(0) }
    const request = requestOf({ headers: moved, body: `${at(1_000)}.${body}` })
    expect((await handleWebhook(request, { source, target: tracker, clock: clock.now })).status).toBe(400)
    expect(tracker.getTask('t1')).toBe(before)
  })

  it('knows the headers of Svix, and prefers those of the specification', async () => {
    const { headers } = await signStandard(body)
    const svix = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.replace('webhook-', 'svix-'), value]),
    )
    expect(await verdictOf(source, { headers: svix, body })).toBe('msg_1')
    expect(await verdictOf(source, { headers: { ...svix, 'svix-timestamp': at(-301_000) }, body })).toMatch(
      /^401: /,
    )
    const forged = { ...svix, 'svix-id': 'msg_2' }
    expect(await verdictOf(source, { headers: forged, body })).toMatch(/^401: /)
    expect(await verdictOf(source, { headers: { ...forged, ...headers }, body })).toBe('msg_1')
    const mixed = { ...svix, 'webhook-id': 'msg_1' }
    expect(await verdictOf(source, { headers: mixed, body })).toMatch(/^400: .*webhook-timestamp/)
  })

  it('does not fail a task for a success without an output, unless it is told to', async () => {
    const read = () => ({ id: 'p1', state: { status: 'succeeded' } })
    for (const [needsOutput, status] of [
      [undefined, 'succeeded'],
      [true, 'failed'],
    ] as const) {
      const { tracker } = createTestTracker({ start: clock.now() })
      const job = { provider: 'acme', id: 'p1' }
      tracker.addTask({ id: 't1', showId: 's1', type: 'trailer', status: 'processing', job })
      const given = { provider: 'acme', secret: secretOf(1), read, ...(needsOutput && { needsOutput }) }
      const request = requestOf(await signStandard(body))
      await handleWebhook(request, {
        source: standardWebhooks(given),
        target: tracker,
        clock: clock.now,
      })
      expect(tracker.getTask('t1')?.status).toBe(status)
    }
  })

  it('finds its signature among several', async () => {
    const { headers } = await signStandard(body)
    const mine = headers['webhook-signature']!
    const other = (await signStandard(body, { secret: secretOf(2) })).headers['webhook-signature']!
    for (const list of [`${other} ${mine}`, `${mine} ${other}`, `v1a,AAAA ${mine}`, `v2,x  ${mine}`]) {
      expect(await verdictOf(source, { headers: { ...headers, 'webhook-signature': list }, body })).toBe(
        'msg_1',
      )
    }
    const strangers = { ...headers, 'webhook-signature': `${other} v1a,AAAA` }
    expect(await verdictOf(source, { headers: strangers, body })).toMatch(/^401: /)
  })

  it('takes in both secrets while one is changed for the other', async () => {
    const both = replicateWebhooks({ secret: [secretOf(2), secretOf(1).slice(6)] })
    for (const seed of [1, 2]) {
      expect(await verdictOf(both, await signStandard(body, { secret: secretOf(seed) }))).toBe('msg_1')
    }
    expect(await verdictOf(both, await signStandard(body, { secret: secretOf(3) }))).toMatch(/^401: /)
  })

  it.each([
    '',
    'whsec_',
    ' ',
    'whsec_ ',
    'no base64!',
    undefined as unknown as string,
    [],
    ['whsec_', secretOf(1)],
  ])('has nothing to do with the secret %j, and does not repeat it', (secret) => {
    const make = () => replicateWebhooks({ secret })
    expect(make).toThrow(CallsheetError)
    expect(make).not.toThrow(/no base64!/)
  })

  it('refuses any delivery of which one character is another', async () => {
    const { headers } = await signStandard(body)
    const signed = ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'body'] as const
    const printable = fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code))
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...signed), fc.nat(), printable, async (where, place, character) => {
        const text = where === 'body' ? body : headers[where]!
        const index = place % text.length
        fc.pre(text[index] !== character)
        const changed = text.slice(0, index) + character + text.slice(index + 1)
        const parcel =
          where === 'body' ? { headers, body: changed } : { headers: { ...headers, [where]: changed }, body }
        expect(await verdictOf(source, parcel)).toMatch(/^40[01]: /)
      }),
      { numRuns: 1_000 },
    )
  })

  it('refuses bytes that only look alike as text', async () => {
    const { headers } = await signStandard('{"id":"\ufffd"}')
    const bytes = Uint8Array.from([
      ...new TextEncoder().encode('{"id":"'),
      0xff,
      ...new TextEncoder().encode('"}'),
    ])
    const delivery = { headers: new Headers(headers), body: bytes, now: clock.now() }
    await expect(source.verify(delivery)).rejects.toThrow('the signature does not match')
  })
})

describe('beside the library of the specification', () => {
  const library = new Webhook(secretOf(1))
  const fake = () => {
    vi.useFakeTimers({ now: clock.now(), toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
  }

  it('takes in what that signs, of any content', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.stringMatching(/^msg_\w{1,30}$/),
        async (text, id) => {
          const signature = library.sign(id, new Date(clock.now()), text)
          const headers = { 'webhook-id': id, 'webhook-timestamp': at(0), 'webhook-signature': signature }
          expect(await verdictOf(source, { headers, body: text })).toBe(id)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('judges as that does, but for a time or a signature with something behind it', async () => {
    fake()
    const stricter = new Set(['a time with something behind it', 'a signature with something behind it'])
    for (const [what, make] of forged) {
      const parcel = await make()
      let isPassed = true
      try {
        library.verify(parcel.body, parcel.headers)
      } catch {
        isPassed = false
      }
      expect([what, isPassed]).toEqual([what, stricter.has(what)])
    }
  })

  it('is given other providers too', async () => {
    const openai = standardWebhooks({
      provider: 'openai',
      secret: secretOf(1),
      read: (it) => ({ id: (it as { data: { id: string } }).data.id, state: { status: 'failed' } }),
    })
    expect(openai.read({ data: { id: 'video_1' } })).toEqual({ id: 'video_1', state: { status: 'failed' } })
    expect(await verdictOf(openai, await signStandard(body))).toBe('msg_1')
  })
})
