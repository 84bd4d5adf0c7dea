import { createFalClient, type QueueStatus } from '@fal-ai/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type FalState, startFalServer, tooMany } from './fal-server.ts'
import { hurry } from '../hurry.ts'
import { until } from '../until.ts'

const made = { images: [{ url: 'https://v3.fal.media/files/1.png', width: 512, height: 512 }], seed: 7 }
const painting: readonly FalState[] = [
  { status: 'IN_QUEUE', queue_position: 2 },
  { status: 'IN_QUEUE', queue_position: 0 },
  { status: 'IN_PROGRESS', logs: ['loading the model'] },
  { status: 'IN_PROGRESS', logs: ['loading the model', ' 40%|####      | 4/10'] },
  {
    status: 'COMPLETED',
    logs: ['loading the model', '100%|##########| 10/10'],
    result: { status: 200, body: made },
  },
]
const app = 'fal-ai/painter/fast'
const input = { prompt: 'a portrait of Ada' }

async function setUp(script = painting) {
  const server = await startFalServer(script)
  onTestFinished(server.close)
  const fal = createFalClient({ credentials: 'key:test', fetch: server.fetch })
  return { server, fal }
}

const wordOf = (update: QueueStatus) =>
  update.status === 'IN_QUEUE'
    ? `${update.status} ${update.queue_position}`
    : `${update.status} ${update.logs?.at(-1)?.message}`

describe('a fal server and the client of fal', () => {
  it('subscribes by polling', async () => {
    const { server, fal } = await setUp()
    const seen: string[] = []
    const onQueueUpdate = (update: QueueStatus) => seen.push(wordOf(update))
    const result = await fal.subscribe(app, { input, logs: true, pollInterval: 1, onQueueUpdate })
    expect(result).toEqual({ data: made, requestId: 'request-1' })
    expect(seen).toEqual([
      'IN_QUEUE 0',
      'IN_PROGRESS loading the model',
      'IN_PROGRESS  40%|####      | 4/10',
      'COMPLETED 100%|##########| 10/10',
    ])
    expect([server.count('submit'), server.count('status'), server.count('result')]).toEqual([1, 4, 1])
    expect(server.all[0]?.input).toEqual(input)
  })

  it('subscribes to a stream', async () => {
    const { server, fal } = await setUp()
    const seen: string[] = []
    const onQueueUpdate = (update: QueueStatus) => seen.push(update.status)
    const result = await fal.subscribe(app, { input, mode: 'streaming', onQueueUpdate })
    expect(result.data).toEqual(made)
    expect(seen).toEqual(['IN_QUEUE', 'IN_QUEUE', 'IN_PROGRESS', 'IN_PROGRESS', 'COMPLETED'])
    expect([server.count('stream'), server.count('status')]).toEqual([1, 0])
  })

  it('submits, asks and fetches', async () => {
    const { fal } = await setUp()
    const { request_id: requestId, queue_position } = await fal.queue.submit(app, { input })
    expect(queue_position).toBe(2)
    await expect(fal.queue.result(app, { requestId })).rejects.toMatchObject({
      status: 400,
      body: { detail: 'Request is still in progress' },
    })
    while ((await fal.queue.status(app, { requestId })).status !== 'COMPLETED');
    expect(await fal.queue.result(app, { requestId })).toEqual({ data: made, requestId })
  })

  it('calls an app directly', async () => {
    const { server, fal } = await setUp([{ status: 'IN_PROGRESS' }])
    const result = fal.run(app, { input })
    await until(() => expect(server.all).toHaveLength(1))
    server.set(painting.at(-1)!)
    expect(await result).toEqual({ data: made, requestId: 'request-1' })
  })

  it('says why a request failed', async () => {
    const detail = [
      { loc: ['body', 'prompt'], msg: 'flagged by a content checker', type: 'content_policy_violation' },
    ]
    const { fal } = await setUp([
      { status: 'IN_QUEUE' },
      {
        status: 'COMPLETED',
        error: 'Unprocessable Entity',
        error_type: 'validation',
        result: { status: 422, body: { detail } },
      },
    ])
    await expect(fal.subscribe(app, { input, pollInterval: 1 })).rejects.toMatchObject({
      status: 422,
      body: { detail },
    })
  })

  it('cancels a request that waits or runs, and none that is over', async () => {
    const { fal } = await setUp([{ status: 'IN_QUEUE' }])
    const { request_id: requestId } = await fal.queue.submit(app, { input })
    await fal.queue.cancel(app, { requestId })
    expect(await fal.queue.status(app, { requestId })).toMatchObject({
      status: 'COMPLETED',
      error_type: 'client_cancelled',
    })
    await expect(fal.queue.result(app, { requestId })).rejects.toMatchObject({ status: 499 })
    await expect(fal.queue.cancel(app, { requestId })).rejects.toMatchObject({
      body: { status: 'ALREADY_COMPLETED' },
    })
  })

  it('cancels what takes longer than its caller waits', async () => {
    const { server, fal } = await setUp([{ status: 'IN_QUEUE' }])
    await expect(fal.subscribe(app, { input, pollInterval: 1, timeout: 50 })).rejects.toThrow('timed out')
    await until(() => expect(server.count('cancel')).toBe(1))
  })

  it('stops asking when its caller aborts, and lets the request run', async () => {
    const { server, fal } = await setUp([{ status: 'IN_QUEUE' }])
    const controller = new AbortController()
    const result = fal.subscribe(app, { input, pollInterval: 1, abortSignal: controller.signal })
    await until(() => expect(server.count('status')).toBeGreaterThan(1))
    controller.abort()
    await expect(result).rejects.toMatchObject({ name: 'AbortError' })
    expect([server.count('cancel'), server.all[0]?.state.status]).toEqual([0, 'IN_QUEUE'])
  })

  it('refuses a call without the key', async () => {
    const { server } = await setUp()
    const fal = createFalClient({ credentials: 'other', fetch: server.fetch })
    await expect(fal.queue.submit(app, { input })).rejects.toMatchObject({ status: 401 })
    expect(server.all).toHaveLength(0)
  })

  it('is asked again when it was too busy', async () => {
    hurry()
    const { server, fal } = await setUp()
    server.fault('submit', tooMany(1), tooMany(1))
    server.fault('status', tooMany(1), { status: 503, body: 'upstream' })
    server.fault('result', tooMany(1))
    expect((await fal.subscribe(app, { input, pollInterval: 1 })).data).toEqual(made)
    expect([server.count('submit'), server.all.length]).toEqual([3, 1])
  })

  it('is given up after four tries', async () => {
    hurry()
    const { server, fal } = await setUp()
    server.fault('submit', ...Array.from({ length: 9 }, () => tooMany(1)))
    await expect(fal.subscribe(app, { input })).rejects.toMatchObject({ status: 429 })
    expect([server.count('submit'), server.all.length]).toEqual([4, 0])
  })

  // The client sends every call again that ended in an error of the network: it does not know what was paid.
  it.each([
    ['refused', 1],
    ['lost', 2],
    ['torn', 2],
  ] as const)('makes a %s submit once more, which pays for %i', async (fault, paid) => {
    hurry()
    const { server, fal } = await setUp()
    server.fault('submit', fault)
    expect((await fal.subscribe(app, { input, pollInterval: 1 })).data).toEqual(made)
    expect([server.count('submit'), server.all.length]).toEqual([2, paid])
  })

  it.each(['status', 'result'])(
    'asks again when the answer of %s breaks off in the middle',
    async (endpoint) => {
      hurry()
      const { server, fal } = await setUp()
      server.fault(endpoint, 'torn')
      expect((await fal.subscribe(app, { input, pollInterval: 1 })).data).toEqual(made)
      expect(server.count('submit')).toBe(1)
    },
  )
})
