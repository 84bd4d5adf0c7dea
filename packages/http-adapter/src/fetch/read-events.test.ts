import { createTestTracker } from '@callsheet/core/test'
import { describe, expect, it } from 'vitest'
import { createTrackedFetch, type OnEvent, readEvents } from '../index.ts'

const stages: OnEvent = ({ event, data }) => (event === 'step' ? { stage: data } : undefined)

/** A tracked fetch of one stream, which a hand writes. */
async function setUp(onEvent: OnEvent, type = 'text/event-stream; charset=utf-8') {
  const made = createTestTracker()
  let body!: ReadableStreamDefaultController<Uint8Array>
  const encoder = new TextEncoder()
  const fetch = createTrackedFetch({
    tracker: made.tracker,
    fetch: async () =>
      new Response(new ReadableStream<Uint8Array>({ start: (controller) => void (body = controller) }), {
        headers: { 'content-type': type },
      }),
    routes: {
      'POST /a': { type: 'trailer', scope: () => ({ showId: 's1' }), stream: readEvents(onEvent) },
    },
  })
  const seen: (string | undefined)[] = []
  made.tracker.on('taskChanged', ({ task }) => void (task && 'stage' in task && seen.push(task.stage)))
  const response = await fetch('/a', { method: 'POST' })
  const task = () => made.tracker.getTask({ showId: 's1', type: 'trailer' })
  const write = async (text: string | Uint8Array, ms = 0) => {
    body.enqueue(typeof text === 'string' ? encoder.encode(text) : text)
    await made.clock.advance(ms)
  }
  const end = async (error?: Error) => {
    if (error) body.error(error)
    else body.close()
    await made.clock.advance(0)
  }
  return { ...made, response, task, write, end, seen }
}

const step = (name: string) => `event: step\ndata: ${name}\n\n`

describe('readEvents', () => {
  it('records what each event says, and lets its reader read them all', async () => {
    const { response, task, write, end } = await setUp(stages)
    const text = response.text()
    await write(step('drawing'))
    expect(task()).toMatchObject({ status: 'processing', stage: 'drawing' })
    await write(step('ink').slice(0, 15))
    expect(task()?.stage).toBe('drawing')
    await write(step('ink').slice(15))
    expect(task()?.stage).toBe('ink')
    await end()
    expect(task()?.status).toBe('succeeded')
    expect(await text).toBe(step('drawing') + step('ink'))
  })

  it('reads letters that come in two halves', async () => {
    const { task, write } = await setUp(stages)
    const bytes = new TextEncoder().encode(step('Königin'))
    await write(bytes.slice(0, 20))
    await write(bytes.slice(20))
    expect(task()?.stage).toBe('Königin')
  })

  it('gives what is known so far, with the metadata of all events', async () => {
    const { task, write, end } = await setUp(({ data }, { metadata }) => ({
      metadata: { [data]: Object.keys(metadata ?? {}).length },
    }))
    await write('data: a\n\ndata: b\n\n')
    await end()
    expect(task()?.metadata).toEqual({ a: 0, b: 1 })
  })

  it('records eight changes in a row, then two a second', async () => {
    const { write, seen } = await setUp(stages)
    await write(Array.from({ length: 20 }, (_, place) => step(`a${place}`)).join(''))
    expect(seen).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'])
    seen.length = 0
    for (let place = 0; place < 40; place += 1) await write(step(`b${place}`), 100)
    expect(seen.length).toBeLessThanOrEqual(8)
    expect(seen.length).toBeGreaterThanOrEqual(7)
  })

  it('records at the end what was not recorded before, and no stage', async () => {
    const { task, write, end } = await setUp(({ data }) => ({
      stage: data,
      outputUrl: `https://x.test/${data}`,
    }))
    await write(Array.from({ length: 20 }, (_, place) => `data: ${place}\n\n`).join(''))
    expect(task()).toMatchObject({ stage: '7', outputUrl: 'https://x.test/7' })
    await end()
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/19' })
    expect(task()).not.toHaveProperty('stage')
  })

  it('takes a stream that says nothing new as a sign of life', async () => {
    const { task, write, clock } = await setUp(() => undefined)
    for (let place = 0; place < 100; place += 1) await write('data: word\n\n', 100)
    expect(clock.now() - task()!.updatedAt).toBeLessThan(2_000)
  })

  it('takes comments alone for one, too', async () => {
    const { task, write, clock } = await setUp(() => undefined)
    for (let place = 0; place < 100; place += 1) await write(': PROCESSING\n\n', 100)
    expect(clock.now() - task()!.updatedAt).toBeLessThan(2_000)
  })

  it('ends the task with the stream, not with the event that says how', async () => {
    const { task, write, end } = await setUp(({ data }) => ({ status: 'failed', error: data }))
    await write('data: too dark\n\n')
    expect(task()?.status).toBe('processing')
    await end()
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'too dark' } })
  })

  it('fails with a stream that breaks off, unless its end was told before', async () => {
    const one = await setUp(stages)
    await one.write(step('drawing'))
    await one.end(new TypeError('terminated'))
    expect(one.task()).toMatchObject({ status: 'failed', error: { message: 'terminated' } })
    const two = await setUp(() => ({ status: 'succeeded', outputUrl: 'https://x.test/a.mp4' }))
    await two.write('data: done\n\n')
    await two.end(new TypeError('terminated'))
    expect(two.task()).toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/a.mp4' })
  })

  it('reports a mistake in the reading once, and harms no task', async () => {
    const { response, task, write, end, errors } = await setUp(({ data }) => {
      if (data === 'b') throw new Error('a broken reader')
      return { metadata: { last: data } }
    })
    const text = response.text()
    await write('data: a\n\n')
    await write('data: b\n\n')
    await write('data: c\n\n')
    await end()
    expect(task()).toMatchObject({ status: 'succeeded', metadata: { last: 'a' } })
    expect(errors.map(({ message }) => message)).toEqual(['a broken reader'])
    expect(await text).toBe('data: a\n\ndata: b\n\ndata: c\n\n')
  })

  it('leaves other bodies alone', async () => {
    const { response, task, clock } = await setUp(stages, 'text/plain')
    await clock.advance(0)
    expect(task()?.status).toBe('succeeded')
    expect(response.body?.locked).toBe(false)
  })

  it('stops watching a stream that is too long, and says that it lost sight of it', async () => {
    const { response, task, write, clock } = await setUp(stages)
    const reader = response.body!.getReader()
    const megabyte = new Uint8Array(1_048_576).fill(10)
    await write(step('drawing'))
    await reader.read()
    for (let count = 0; count < 65; count += 1) {
      await write(megabyte)
      await reader.read()
    }
    await clock.advance(0)
    expect(task()).toMatchObject({ status: 'interrupted', stage: 'drawing' })
    await write(step('ink'))
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(step('ink'))
  })
})
