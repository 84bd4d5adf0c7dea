import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TaskPatch, type TaskRecord } from '@callsheet/core'
import { parseSnapshot } from '@callsheet/core/schema'
import { createTestTracker, expectNoSecrets } from '@callsheet/core/test'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { falWebhooks } from './fal-webhooks.ts'
import { handleWebhook, type WebhookOptions } from './handle-webhook.ts'
import { Refusal } from './refusal.ts'
import { createSeenIds } from './seen-ids.ts'
import { replicateWebhooks } from './standard-webhooks.ts'
import type { JobNews, WebhookSource } from './webhook-source.ts'
import { unhandled } from '../testing/unhandled.ts'
import { clock, createFalKeys, requestOf, secretOf, signFal, signStandard } from '../testing/sign-webhooks.ts'

const image = 'https://files.test/a.png?signature=needed'
const prediction = (status: string, more: object = {}) => ({
  id: 'p1',
  status,
  logs: '',
  error: null,
  ...more,
})
const succeeded = prediction('succeeded', { output: [image] })

/** A tracker with one task whose job is p1, and the address of its webhooks. */
function scene(options: Partial<WebhookOptions> = {}, job = { provider: 'replicate', id: 'p1' }) {
  const test = createTestTracker({ start: clock.now() })
  test.tracker.addTask({ id: 't1', showId: 's1', type: 'library-poster', status: 'processing', job })
  const source = replicateWebhooks({ secret: secretOf(1) })
  let sent = 0
  const answerTo = async (request: Request, more: Partial<WebhookOptions> = {}) => {
    const all = { source, target: test.tracker, clock: clock.now, ...options, ...more }
    const response = await handleWebhook(request, all)
    return [response.status, await response.json()] as const
  }
  const deliver = async (body: object, id = `msg_${(sent += 1)}`) =>
    answerTo(requestOf(await signStandard(JSON.stringify(body), { id })))
  return { ...test, source, answerTo, deliver, task: () => test.tracker.getTask('t1')! }
}

const reject = (() => Promise.reject(new Error('boom'))) as () => never
const merged = [200, { result: 'merged' }]
const ignored = [200, { result: 'ignored' }]
const duplicate = [200, { result: 'duplicate' }]
/** Sorted: which of deliveries at once comes first is left to chance. */
const resultsOf = (answers: readonly (readonly [number, unknown])[]) =>
  answers.map(([, said]) => (said as { result: string }).result).toSorted()
const unknown = [503, { error: 'no task has this job; try again later' }]

describe('handleWebhook', () => {
  it('merges what the provider says into the task that has the job', async () => {
    const { deliver, task } = scene()
    expect(await deliver(prediction('processing', { logs: ' 40%|████ | 20/50' }))).toEqual(merged)
    expect(task()).toMatchObject({ status: 'processing', stage: 'running', progress: 40 })
    expect(await deliver(succeeded)).toEqual(merged)
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: image, outputs: [image], attempt: 1 })
  })

  it('makes one change of ten deliveries, one after another or at once', async () => {
    for (const isAtOnce of [false, true]) {
      const { deliver, sink, clock: time } = scene()
      const answers: (readonly [number, unknown])[] = []
      if (isAtOnce)
        answers.push(...(await Promise.all(Array.from({ length: 10 }, () => deliver(succeeded, 'msg_1')))))
      else {
        for (let place = 0; place < 10; place += 1) {
          answers.push(await deliver(succeeded, 'msg_1'))
          await time.advance(2_000)
        }
      }
      expect(resultsOf(answers)).toEqual([...Array.from({ length: 9 }, () => 'duplicate'), 'merged'])
      expect(sink.statuses('t1')).toEqual(['processing', 'succeeded'])
      expect(sink.history('t1')).toHaveLength(2)
    }
  })

  it('makes one change of ten deliveries at once where each has an id of its own and the target is slow', async () => {
    let task: Pick<TaskRecord, 'id' | 'status' | 'job'> = {
      id: 't1',
      status: 'processing',
      job: { provider: 'replicate', id: 'p1' },
    }
    const patches: TaskPatch[] = []
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1))
    const { deliver } = scene({
      target: {
        find: async () => (await pause(), task),
        update: async (_task, patch) => {
          await pause()
          patches.push(patch)
          task = { ...task, status: patch.status! }
        },
      },
    })
    const answers = await Promise.all(Array.from({ length: 10 }, () => deliver(succeeded)))
    expect(resultsOf(answers)).toEqual([...Array.from({ length: 9 }, () => 'ignored'), 'merged'])
    expect(patches).toEqual([{ status: 'succeeded', outputUrl: image, outputs: [image] }])
  })

  it.each([
    [
      'processing',
      prediction('succeeded', { output: 'a text' }),
      { status: 'succeeded', metadata: { outputType: 'text' } },
    ],
    [
      'processing',
      prediction('succeeded'),
      { status: 'failed', error: { message: 'The job succeeded without an output.' } },
    ],
    ['processing', prediction('failed', { error: 'CUDA' }), { status: 'failed', error: { message: 'CUDA' } }],
    [
      'processing',
      prediction('failed'),
      { status: 'failed', error: { message: 'The provider says: failed.' } },
    ],
    [
      'processing',
      prediction('canceled'),
      { status: 'canceled', error: { message: 'The provider says: canceled.', code: 'canceled' } },
    ],
    [
      'processing',
      prediction('aborted'),
      { status: 'canceled', error: { message: 'Replicate aborted it before it began.', code: 'canceled' } },
    ],
    ['starting', prediction('starting'), { status: 'starting', stage: 'starting' }],
    ['interrupted', prediction('processing'), { status: 'processing', stage: 'running' }],
    ['interrupted', succeeded, { status: 'succeeded', outputUrl: image }],
    ['canceled', succeeded, { status: 'succeeded', outputUrl: image }],
    ['failed', succeeded, { status: 'succeeded', outputUrl: image, attempt: 1 }],
  ] as const)('a task that is %s takes in %j', async (status, body, after) => {
    const { tracker, deliver, task } = scene()
    tracker.updateTask('t1', { status })
    expect(await deliver(body)).toEqual(merged)
    expect(task()).toMatchObject(after)
  })

  it.each([
    ['processing', prediction('starting')],
    ['succeeded', succeeded],
    ['succeeded', prediction('failed', { error: 'late' })],
    ['failed', prediction('processing', { logs: '50%|' })],
    ['failed', prediction('failed')],
    ['failed', prediction('succeeded')],
    ['canceled', prediction('processing')],
    ['canceled', prediction('canceled')],
    ['canceled', prediction('failed')],
  ] as const)('a task that is %s does not change by %j', async (status, body) => {
    const { tracker, clock: time, deliver, task } = scene()
    tracker.updateTask('t1', { status })
    await time.advance(5_000)
    const before = task()
    expect(await deliver(body)).toEqual(ignored)
    expect(task()).toBe(before)
  })

  it('takes a success without an output for what it is where that is asked for', async () => {
    const { deliver, task } = scene({ needsOutput: false })
    expect(await deliver(prediction('succeeded'))).toEqual(merged)
    expect(task().status).toBe('succeeded')
  })

  it('has the provider try again while no task has the job, and then takes it in', async () => {
    const { tracker, deliver, task } = scene({}, { provider: 'replicate', id: 'p0' })
    expect(await deliver(succeeded, 'msg_1')).toEqual(unknown)
    expect(tracker.getTasks()).toHaveLength(1)
    tracker.updateTask('t1', { job: { provider: 'replicate', id: 'p1' } })
    expect(await deliver(succeeded, 'msg_1')).toEqual(merged)
    expect(task().status).toBe('succeeded')
  })

  it('says nothing of an older attempt’s job to a newer attempt, nor of another provider’s', async () => {
    const { tracker, deliver, task } = scene()
    tracker.updateTask('t1', { status: 'failed' })
    tracker.updateTask('t1', { status: 'processing', attempt: 2, job: { provider: 'replicate', id: 'p2' } })
    const before = task()
    expect(await deliver(prediction('failed', { error: 'late' }))).toEqual(unknown)
    expect(await deliver(succeeded)).toEqual(unknown)
    tracker.updateTask('t1', { job: { provider: 'fal', id: 'p1' } })
    expect(await deliver(succeeded)).toEqual(unknown)
    expect(task()).toMatchObject({ ...before, job: { provider: 'fal', id: 'p1' }, rev: before.rev + 1 })
  })

  it('does not believe a target that finds a task of another job', async () => {
    const updated: unknown[] = []
    const found = { id: 't1', status: 'processing', job: { provider: 'replicate', id: 'p7' } } as const
    const { deliver } = scene({ target: { find: () => found, update: (...args) => updated.push(args) } })
    expect(await deliver(succeeded)).toEqual(unknown)
    expect(updated).toEqual([])
  })

  it('counts a success of what has left the lists, and of what another process had begun', async () => {
    const before = scene()
    before.tracker.cancel('t1')
    const { tracker } = createTestTracker({ start: clock.now(), by: 'other', expiry: { canceled: 0 } })
    tracker.restore(parseSnapshot(before.tracker.serialize()))
    const after = scene({ target: tracker })
    expect(await after.deliver(succeeded)).toEqual(merged)
    expect(tracker.getTask('t1')).toMatchObject({ status: 'succeeded', outputUrl: image })
  })

  it('says nothing of a task that was removed', async () => {
    const { tracker, deliver } = scene()
    tracker.updateTask('t1', { status: 'failed' })
    tracker.dismiss('t1')
    expect(await deliver(succeeded)).toEqual(unknown)
    expect(tracker.getTasks()).toEqual([])
  })

  it('stops the run of a job that the provider has canceled', async () => {
    const { tracker, deliver } = scene({}, { provider: 'replicate', id: 'p0' })
    let signal: AbortSignal | undefined
    void tracker.show('s1').track('trailer', (run) => {
      run.job({ provider: 'replicate', id: 'p1' })
      signal = run.signal
      return new Promise(() => {})
    })
    expect(await deliver(prediction('canceled'))).toEqual(merged)
    expect(signal?.aborted).toBe(true)
  })
})

describe('what handleWebhook refuses', () => {
  const parcel = () => signStandard(JSON.stringify(succeeded))

  it('anything but POST', async () => {
    const { source, tracker } = scene()
    const request = new Request('https://app.test/hooks')
    const response = await handleWebhook(request, { source, target: tracker })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('a body above the limit, said or not, without reading on', async () => {
    const { answerTo } = scene()
    const { headers, body } = await parcel()
    const large = { headers, body: body + ' '.repeat(1_048_576) }
    const tooLarge = [413, { error: 'the body is larger than 1048576 bytes' }]
    expect(await answerTo(requestOf(large))).toEqual(tooLarge)
    const said = { headers: { ...headers, 'content-length': '1048577' }, body }
    expect(await answerTo(requestOf(said))).toEqual(tooLarge)
    let read = 0
    let isLetGo = false
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(((read += 65_536), 65_536))),
      cancel: () => void (isLetGo = true),
    })
    const init = { method: 'POST', headers, body: endless, duplex: 'half' } as RequestInit
    expect(await answerTo(new Request('https://app.test/hooks', init))).toEqual(tooLarge)
    expect([read < 1_300_000, isLetGo]).toEqual([true, true])
    expect(await answerTo(requestOf({ headers, body }), { maxBytes: 10 })).toMatchObject([413, {}])
  })

  it('a body that breaks off', async () => {
    const { answerTo } = scene()
    const broken = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(10))
        controller.error(new Error('reset'))
      },
    })
    const init = {
      method: 'POST',
      headers: (await parcel()).headers,
      body: broken,
      duplex: 'half',
    } as RequestInit
    expect(await answerTo(new Request('https://app.test/hooks', init))).toEqual([
      400,
      { error: 'the body is incomplete' },
    ])
  })

  it.each([
    ['no JSON', 'status=succeeded'],
    ['nothing', ''],
    ['JSON of 100,000 levels', '['.repeat(100_000)],
    ['no job', '{"status":"succeeded"}'],
    ['no status', '{"id":"p1"}'],
    ['null', 'null'],
  ])('a signed body of %s', async (_what, body) => {
    const { answerTo } = scene()
    expect(await answerTo(requestOf(await signStandard(body)))).toMatchObject([
      400,
      { error: expect.any(String) },
    ])
  })

  it('nothing for its content type', async () => {
    const { answerTo } = scene()
    const { headers, body } = await parcel()
    const plain = { headers: { ...headers, 'content-type': 'text/plain;charset=latin1' }, body }
    expect(await answerTo(requestOf(plain))).toEqual(merged)
  })

  it('a request whose body was read before, as the programmer’s mistake', async () => {
    const { answerTo } = scene()
    const request = requestOf(await parcel())
    await request.text()
    await expect(answerTo(request)).rejects.toThrow(/read before/)
  })

  it('what is forged: it changes nothing, is not remembered, and is told nothing', async () => {
    const { answerTo, tracker, task, deliver } = scene()
    const before = task()
    const { headers, body } = await parcel()
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (place, flip) => {
        const bytes = new TextEncoder().encode(body)
        bytes[place % bytes.length]! ^= flip
        const request = new Request('https://app.test/hooks', { method: 'POST', headers, body: bytes })
        const [status, said] = await answerTo(request)
        expect([status, said]).toEqual([401, { error: 'the signature does not match' }])
      }),
      { numRuns: 300 },
    )
    expect(task()).toBe(before)
    expect(tracker.getTasks()).toHaveLength(1)
    expect(await deliver(succeeded, 'msg_1')).toEqual(merged)
  })

  it.each<[string, Partial<WebhookOptions> & { readonly read?: () => never }]>([
    ['a clock', { clock: reject }],
    ['a read of the source', { read: reject }],
    ['a report', { target: { find: reject, update: () => {} }, report: reject }],
    ['a target', { target: { find: reject, update: () => {} } }],
  ])('nothing that ends the process when it rejects: %s', async (_what, { read, ...options }) => {
    const seen = unhandled()
    const told: unknown[] = []
    const given = scene()
    const source = { ...given.source, ...(read && { read }) }
    const request = requestOf(await signStandard(JSON.stringify(succeeded), { id: 'msg_1' }))
    const report = (error: unknown) => void told.push((error as Error).message)
    const [status] = await given.answerTo(request, { source, report, ...options })
    await new Promise((resolve) => setTimeout(resolve))
    expect([400, 503]).toContain(status)
    if (!options.report) expect(told).toEqual(['boom'])
    expect(seen).toEqual([])
  })

  it('nothing for good because of a failure of its own: the provider tries again, and the tracker’s listeners hear', async () => {
    const { errors, tracker, deliver, task } = scene()
    const { updateTask } = tracker
    let isDown = true
    const target = {
      ...tracker,
      updateTask(id: string, patch: object) {
        if (isDown) throw new Error('disk full, r8_abcdefghijklmnopqrstuvwxyz0123456789')
        return updateTask(id, patch)
      },
    }
    const again = scene({ target })
    expect(await again.deliver(succeeded, 'msg_1')).toEqual([
      503,
      { error: 'not processed; try again later' },
    ])
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('disk full')])
    isDown = false
    expect(await again.deliver(succeeded, 'msg_1')).toEqual(merged)
    expect(task().status).toBe('succeeded')
    expect(await deliver(succeeded, 'msg_1')).toEqual(ignored)
  })
})

describe('the memory of deliveries', () => {
  it('outlives a restart where a store is given', async () => {
    const disk = new Map<string, number>()
    const seen = {
      has: async (id: string, now: number) => (disk.get(id) ?? 0) > now,
      add: async (id: string, until: number) => void disk.set(id, until),
    }
    const first = scene({ source: replicateWebhooks({ secret: secretOf(1), seen }) })
    expect(await first.deliver(succeeded, 'msg_1')).toEqual(merged)
    expect([...disk]).toEqual([['replicate:msg_1', clock.now() + 8 * 86_400_000]])
    const second = scene({ source: replicateWebhooks({ secret: secretOf(1), seen }) })
    const before = second.task()
    expect(await second.deliver(succeeded, 'msg_1')).toEqual(duplicate)
    expect(second.task()).toBe(before)
  })

  it('is not needed for a replay after a restart to change nothing', async () => {
    const first = scene()
    await first.deliver(succeeded, 'msg_1')
    const { tracker } = createTestTracker({ start: clock.now() + 1_000, by: 'restarted' })
    tracker.restore(parseSnapshot(first.tracker.serialize()))
    const before = tracker.getTask('t1')
    expect(await scene({ target: tracker }).deliver(succeeded, 'msg_1')).toEqual(ignored)
    expect(tracker.getTask('t1')).toBe(before)
  })

  it('refuses while the store fails, and says so', async () => {
    const heard: unknown[] = []
    const seen = { has: () => Promise.reject(new Error('no store')), add: () => {} }
    const source = replicateWebhooks({ secret: secretOf(1), seen })
    const { deliver, task } = scene({ source, report: (error) => heard.push(error) })
    expect(await deliver(succeeded)).toMatchObject([503, {}])
    expect(heard).toMatchObject([{ message: 'no store' }])
    expect(task().status).toBe('processing')
  })

  it('is bounded, forgets the oldest, and what is out of date', () => {
    const seen = createSeenIds(3)
    for (const id of ['a', 'b', 'c', 'a', 'd']) seen.add(id, 100)
    expect(['a', 'b', 'c', 'd'].map((id) => seen.has(id, 99))).toEqual([true, false, true, true])
    expect(seen.has('a', 100)).toBe(false)
  })
})

describe('over a real connection', () => {
  it('ends the job of fal once, however often and by whomever it is told', async () => {
    const keys = await createFalKeys()
    const { tracker, sink } = createTestTracker({ start: clock.now() })
    const job = { provider: 'fal', id: 'request-1' }
    tracker.addTask({ id: 't1', showId: 's1', type: 'trailer', status: 'processing', job })
    const server = createServer(async (incoming, outgoing) => {
      if (incoming.url === '/jwks.json') return outgoing.end(JSON.stringify({ keys: [keys.jwk] }))
      const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
        method: incoming.method!,
        headers: incoming.headers as Record<string, string>,
        body: incoming as unknown as ReadableStream,
        duplex: 'half',
      } as RequestInit)
      const response = await handleWebhook(request, { source, target: tracker, clock: clock.now })
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      return outgoing.end(await response.text())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const source = falWebhooks({ keysUrl: `${base}/jwks.json`, userId: 'user-1' })
    try {
      const body = JSON.stringify({
        request_id: 'request-1',
        status: 'OK',
        payload: { video: { url: image } },
      })
      const send = async (key: CryptoKey) =>
        (await fetch(`${base}/hooks`, { method: 'POST', ...(await signFal(body, key)) })).status
      const { privateKey: forgers } = await createFalKeys()
      const statuses: number[] = []
      for (let place = 0; place < 10; place += 1)
        statuses.push(await send(forgers), await send(keys.privateKey))
      expect(statuses).toEqual(Array.from({ length: 10 }, () => [401, 200]).flat())
      expect(sink.statuses('t1')).toEqual(['processing', 'succeeded'])
      expect(tracker.getTask('t1')).toMatchObject({ outputUrl: image })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})

describe('a source of one’s own', () => {
  it('says itself who is refused, and what was said of which job', async () => {
    const source: WebhookSource = {
      provider: 'ours',
      seen: createSeenIds(),
      async verify({ headers }) {
        if (headers.get('x-token') !== 'right') throw new Refusal(401, 'the token does not match')
        return 'delivery-1'
      },
      read: (body) => body as JobNews,
    }
    const { answerTo, task } = scene({ source }, { provider: 'ours', id: 'j1' })
    const body = JSON.stringify({ id: 'j1', state: { status: 'done', outputUrl: image } })
    expect(await answerTo(requestOf({ headers: {}, body }))).toEqual([
      401,
      { error: 'the token does not match' },
    ])
    expect(await answerTo(requestOf({ headers: { 'x-token': 'right' }, body }))).toEqual(merged)
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: image })
  })
})

describe('a request of fal', () => {
  it('that succeeds after all counts, though both deliveries have its id', async () => {
    const { privateKey, jwk } = await createFalKeys()
    const source = falWebhooks({ fetch: async () => Response.json({ keys: [jwk] }) })
    const { answerTo, task } = scene({ source }, { provider: 'fal', id: 'request-1' })
    const send = async (body: object) => answerTo(requestOf(await signFal(JSON.stringify(body), privateKey)))
    const ended = { request_id: 'request-1', gateway_request_id: 'request-1' }
    expect(await send({ ...ended, status: 'ERROR', error: 'Invalid status code: 503' })).toEqual(merged)
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'Invalid status code: 503' } })
    const success = { ...ended, status: 'OK', payload: { video: { url: image } } }
    expect(await send(success)).toEqual(merged)
    expect(await send(success)).toEqual(duplicate)
    expect(task()).toMatchObject({ status: 'succeeded', outputUrl: image })
  })
})

describe('secrets', () => {
  it('are in no answer, no record and no failure', async () => {
    const token = 'r8_abcdefghijklmnopqrstuvwxyz0123456789'
    const { tracker, errors, answerTo, deliver } = scene()
    const body = prediction('failed', {
      error: `the call with Authorization: Bearer ${token} failed`,
      input: { prompt: 'a rainy street', api_key: token },
      logs: `token=${token}`,
    })
    const answers = [await deliver(body), await deliver(prediction('processing', { id: token }))]
    const { headers, body: text } = await signStandard(JSON.stringify(body), { secret: secretOf(2) })
    answers.push(await answerTo(requestOf({ headers, body: text })))
    answers.push(
      await answerTo(requestOf({ headers: { ...headers, 'webhook-timestamp': token }, body: text })),
    )
    expect(answers.map(([status]) => status)).toEqual([200, 503, 401, 400])
    expectNoSecrets({ answers, errors, state: tracker.serialize() })
    const told = JSON.stringify([answers, tracker.serialize()])
    for (const secret of [token, secretOf(1).slice(6), 'rainy']) expect(told).not.toContain(secret)
  })

  it('are not quoted of a signed body that is not JSON', async () => {
    const { errors, answerTo } = scene()
    expect(await answerTo(requestOf(await signStandard('hunter2', { secret: secretOf(1) })))).toEqual([
      400,
      { error: 'the body cannot be parsed' },
    ])
    expect(errors.map((error) => String(error))).toEqual(['Error: the body is not valid JSON'])
  })
})
