import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { createTrackedFetch, followHttpJob, job, liveSource } from '../index.ts'
import { readBytes, readText } from './read-body.ts'
import type { Fetch } from '../route/request.ts'
import { setUpSink } from '../testing/sink.ts'
import { until } from '../testing/until.ts'

const chunk = new TextEncoder().encode(' '.repeat(65_536))

/** A body that never ends, and how much of it was taken. */
function endless() {
  const seen = { bytes: 0, isCanceled: false }
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        seen.bytes += chunk.byteLength
        // Without a limit, the test would take all memory.
        if (seen.bytes > 200_000_000) controller.error(new Error('the body was read without a limit'))
        else controller.enqueue(chunk)
      },
      cancel: () => void (seen.isCanceled = true),
    },
    { highWaterMark: 0 },
  )
  return { seen, body }
}

const json = { headers: { 'content-type': 'application/json' } }
const mebibyte = 1_048_576

describe('readText', () => {
  it('reads up to the limit', async () => {
    expect(await readText(new Response('{"a":"ö"}'), 10)).toBe('{"a":"ö"}')
    expect(await readText(new Response('{"a":"ö"}'), 9)).toBeUndefined()
    expect(await readText(new Response(null), 9)).toBe('')
  })

  it('cancels a longer body', async () => {
    const { seen, body } = endless()
    expect(await readText(new Response(body))).toBeUndefined()
    expect(seen).toEqual({ bytes: mebibyte + chunk.byteLength, isCanceled: true })
  })

  it('reads a body without a web stream as a text', async () => {
    const response = (text: string, length?: string) => ({
      body: undefined as never,
      headers: new Headers(length === undefined ? {} : { 'content-length': length }),
      text: async () => text,
    })
    expect(await readText(response('{}'))).toBe('{}')
    expect(await readText(response('{}'), 1)).toBeUndefined()
    expect(await readText(response('{}', '9'), 5)).toBeUndefined()
  })

  it('rejects as the body does', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new TypeError('terminated')) })
    await expect(readText(new Response(body))).rejects.toThrow('terminated')
    expect(await readBytes(null, 1)).toEqual(new Uint8Array())
  })
})

describe('an answer that does not end', () => {
  it('to the HTTP sink is not read beyond 1 MiB, and counts as none', async () => {
    const { seen, body } = endless()
    const { sink, clock, answers, errors, write } = setUpSink()
    answers.push(() => new Response(body))
    write('a')
    await clock.advance(1_000)
    await until(() => expect(errors).toEqual([expect.stringContaining('longer than 1 MiB')]))
    expect(sink.counts).toMatchObject({ stored: 0, pending: 1 })
    expect(seen.bytes).toBeLessThan(2 * mebibyte)
  })

  it.each([
    [undefined, mebibyte],
    [4 * mebibyte, 4 * mebibyte],
  ])('of a job with the limit %s ends the polls: the job is lost sight of', async (maxBytes, limit) => {
    const { seen, body } = endless()
    const { tracker, clock } = createTestTracker()
    const send: Fetch = async (_input, init) =>
      init?.method === 'POST' ? Response.json({ id: 'j1' }) : new Response(body, json)
    const fetch = createTrackedFetch({
      tracker,
      fetch: send,
      jobs: {
        ours: followHttpJob({
          fetch: send,
          url: () => 'https://app.test/jobs/j1',
          read: () => ({ status: 'processing' }),
          ...(maxBytes !== undefined && { maxBytes }),
        }),
      },
      routes: {
        'POST /trailer': {
          type: 'trailer',
          scope: () => ({ showId: 's1' }),
          read: () => job({ provider: 'ours', id: 'j1' }),
        },
      },
    })
    await fetch('/trailer', { method: 'POST' })
    await clock.advance(10_000)
    const task = () => tracker.getTask({ showId: 's1', type: 'trailer' })
    await until(() => expect(task()).toMatchObject({ status: 'interrupted' }))
    expect(task()?.error?.message).toContain(`longer than ${limit} bytes`)
    expect(seen.bytes).toBeLessThan(limit + mebibyte)
  })

  it('to the live source is not read beyond 64 MiB', async () => {
    const { seen, body } = endless()
    const { tracker, clock } = createTestTracker()
    const source = liveSource({
      tracker,
      url: 'https://collector.test/api',
      showId: 's1',
      clock: clock.now,
      schedule: clock.schedule,
      fetch: async (input) => new Response((input as string).endsWith('/live') ? 'no stream' : body, json),
    })
    const messages: (string | undefined)[] = []
    source.subscribe(() => messages.push(source.state.error?.message))
    const release = source.open()
    await clock.advance(0)
    await until(() => expect(seen.isCanceled).toBe(true))
    await until(() => expect(messages.join()).toContain('longer than 67108864 bytes'))
    expect(seen.bytes).toBeLessThan(68 * mebibyte)
    release()
  })
})
