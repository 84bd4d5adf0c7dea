import { AlreadyRunningError, type Tracker } from '@callsheet/core'
import { createOwnership } from '@callsheet/core/provider'
import { describe, expect, it } from 'vitest'
import { resend } from '../index.ts'
import { post, setUp, soon } from '../testing/tracked-calls.ts'
import { gate } from '../testing/gate.ts'
import { unhandled } from '../testing/unhandled.ts'

/** A tracked fetch whose slots are claimed first. Claims wait at the gate; `owner` is the task of another tab. */
function setUpClaims(options: Parameters<typeof setUp>[0] = {}) {
  const rig = setUp(options)
  const claims = gate()
  const other: { owner: string | undefined } = { owner: undefined }
  const tracker = rig.tracker as unknown as Tracker
  const claim = async () => {
    await claims.pass()
    return other.owner
  }
  tracker.own(createOwnership({ claim, isElsewhere: () => false }))
  return { ...rig, claims, other }
}

describe('a call whose slot is claimed first', () => {
  it('is sent once the slot is claimed, and its caller gets the response unread', async () => {
    const { fetch, sent, claims, task } = setUpClaims()
    const response = fetch('/api/trailer', post)
    await soon()
    expect(sent).toEqual([])
    expect(task()).toMatchObject({ status: 'starting' })
    claims.open()
    await expect.poll(() => sent.length).toBe(1)
    sent[0]!.answer(new Response('made'))
    await expect((await response).text()).resolves.toBe('made')
    await expect.poll(() => task()?.status).toBe('succeeded')
  })

  it('is not sent when another tab works on the slot', async () => {
    const { fetch, sent, claims, other, tasks } = setUpClaims()
    other.owner = 'theirs'
    const response = fetch('/api/trailer', post)
    claims.open()
    await expect(response).rejects.toBeInstanceOf(AlreadyRunningError)
    await expect(response).rejects.toMatchObject({ taskId: 'theirs' })
    expect([sent.length, tasks().length]).toEqual([0, 0])
  })

  it('is joined by a second click while the slot is being claimed, with a body for each', async () => {
    const { fetch, sent, claims } = setUpClaims()
    const both = [fetch('/api/trailer', post), fetch('/api/trailer', post)]
    const texts = both.map(async (promise) => (await promise).text())
    claims.open()
    await expect.poll(() => sent.length).toBe(1)
    sent[0]!.answer(new Response('one body'))
    await expect(Promise.all(texts)).resolves.toEqual(['one body', 'one body'])
    expect(sent.length).toBe(1)
  })

  it('is refused for both clicks when another tab has the slot', async () => {
    const { fetch, sent, claims, other } = setUpClaims()
    other.owner = 'theirs'
    const both = [fetch('/api/trailer', post), fetch('/api/trailer', post)]
    claims.open()
    for (const response of both) await expect(response).rejects.toBeInstanceOf(AlreadyRunningError)
    expect(sent).toEqual([])
  })

  it('is not answered by a server when its caller leaves before it is sent', async () => {
    const { fetch, claims, task } = setUpClaims()
    const controller = new AbortController()
    const response = fetch('/api/trailer', { ...post, signal: controller.signal })
    controller.abort()
    claims.open()
    await expect(response).rejects.toMatchObject({ name: 'AbortError' })
    await expect.poll(() => task()?.status).toBe('canceled')
  })

  it('leaves no unhandled rejection when the tracker cancels it before it is sent', async () => {
    const { fetch, sent, tracker, claims, task } = setUpClaims()
    const rejections = unhandled()
    void fetch('/api/trailer', post)
    tracker.cancel({ showId: 's1' })
    claims.open()
    await expect.poll(() => task()?.status).toBe('canceled')
    await soon()
    expect([rejections, sent.length]).toEqual([[], 0])
  })

  it('is claimed again before it is sent again', async () => {
    const { fetch, sent, claims, other } = setUpClaims({
      'POST /api/poster': {
        type: 'library-poster',
        scope: () => ({ showId: 's1' }),
        retry: resend({ attempts: 3, delay: () => 0 }),
      },
    })
    const response = fetch('/api/poster', post)
    claims.step()
    await expect.poll(() => sent.length).toBe(1)
    sent[0]!.answer(new Response('busy', { status: 503 }))
    other.owner = 'theirs'
    claims.open()
    await expect(response).rejects.toBeInstanceOf(AlreadyRunningError)
    expect(sent.length).toBe(1)
  })
})

describe('idempotencyHeader', () => {
  const route = (idempotencyHeader: string) => ({
    'POST /api/poster': {
      type: 'library-poster' as const,
      scope: () => ({ showId: 's1' }),
      idempotencyHeader,
      retry: resend({ attempts: 2, delay: () => 0 }),
    },
  })
  const headersOf = (args: Parameters<typeof fetch>) => new Request(...args).headers

  it('names each attempt, and leaves the other headers as they are', async () => {
    const { fetch, sent, task } = setUp(route('Idempotency-Key'))
    const response = fetch('http://app.test/api/poster', { ...post, headers: { 'x-own': '1' } })
    sent[0]!.answer(new Response('busy', { status: 503 }))
    await expect.poll(() => sent.length).toBe(2)
    sent[1]!.answer(new Response('made'))
    await response
    const sentHeaders = sent.map(({ args }) => headersOf(args))
    const id = task()!.id
    expect(sentHeaders.map((headers) => headers.get('idempotency-key'))).toEqual([`${id}:1`, `${id}:2`])
    expect(sentHeaders.map((headers) => headers.get('x-own'))).toEqual(['1', '1'])
  })

  it('stays as the caller sets it, and reaches the server from a Request too', async () => {
    const { fetch, sent, task } = setUp(route('Idempotency-Key'))
    const own = new Request('http://app.test/api/poster', { ...post, headers: { 'idempotency-key': 'mine' } })
    void fetch(own)
    expect(headersOf(sent[0]!.args).get('idempotency-key')).toBe('mine')
    void fetch(new Request('http://app.test/api/poster', { ...post, headers: { accept: 'image/png' } }))
    expect(sent.length).toBe(1)
    sent[0]!.answer(new Response('made'))
    await expect.poll(() => task()?.status).toBe('succeeded')
    void fetch(new Request('http://app.test/api/poster', { ...post, headers: { accept: 'image/png' } }))
    const { args } = sent[1]!
    expect(headersOf(args).get('idempotency-key')).toBe(`${task()!.id}:1`)
    expect(headersOf(args).get('accept')).toBe('image/png')
  })
})
