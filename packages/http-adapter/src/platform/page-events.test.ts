import { createTracker, showPipeline } from '@callsheet/core'
import type { PageEvent } from '@callsheet/core/provider'
import { describe, expect, it, vi } from 'vitest'
import { thisPage, watchPage } from './page-events.ts'
import { accept, createRows, fakePage, idsOf, offline, say, setUpSink, task } from '../testing/sink.ts'

const second = 1_000
const minute = 60 * second

const setUp = (options: Parameters<typeof setUpSink>[0] = {}, page = fakePage()) => ({
  ...setUpSink({ page: page.page, ...options }),
  page,
})

const large = (id: string, size: number) =>
  ({
    tasks: [
      task(id, 1, { outputs: Array.from({ length: size / 1_000 }, () => `https://${'x'.repeat(989)}`) }),
    ],
    shows: [],
    origin: 'local',
  }) as const

describe('httpSink and the page around', () => {
  it.each([
    ['document', 'visibilitychange'],
    ['document', 'freeze'],
    ['window', 'pagehide'],
  ] as const)('sends all at once when the %s says %s', async (target, event) => {
    const { sink, clock, sent, write, page } = setUp({ headers: { 'x-key': 'k' } })
    write('a', 'b')
    if (event === 'visibilitychange') page.hide()
    else page.tell(target, event)
    expect(sent).toHaveLength(1)
    expect(sent[0]!.init.keepalive).toBe(true)
    // A text has a content type of its own, which needs no leave.
    expect([...sent[0]!.headers]).toEqual([['x-key', 'k']])
    await clock.advance(5 * second)
    expect(sent.map(idsOf)).toEqual([['a', 'b']])
    expect(sink.counts).toMatchObject({ stored: 2, pending: 0 })
  })

  it('does nothing at beforeunload or unload, nor of a document at pagehide', () => {
    const { write, sent, page } = setUp()
    write('a')
    for (const event of ['beforeunload', 'unload']) page.tell('window', event)
    page.tell('document', 'pagehide')
    expect(sent).toEqual([])
  })

  it('sends chunks of at most 48 KiB, at most 60,000 bytes of all sinks together; the others stay', async () => {
    const page = fakePage()
    const [one, two] = [setUp({}, page), setUp({}, page)]
    for (let place = 0; place < 10; place += 1) one.sink.write(large(`one-${place}`, 10_000))
    two.sink.write(large('two', 10_000))
    const sizes = () => [...one.sent, ...two.sent].map(({ init }) => (init.body as string).length)
    page.hide()
    expect(sizes().every((size) => size <= 49_152)).toBe(true)
    const total = sizes().reduce((sum, size) => sum + size)
    expect(total).toBeLessThanOrEqual(60_000)
    expect(total).toBeGreaterThan(50_000)
    expect(two.sent).toHaveLength(0)
    // Answered, and so there is room again: for all that has not been sent, and for no more.
    await one.clock.advance(0)
    page.hide()
    expect(two.sent).toHaveLength(0)
    await one.clock.advance(0)
    page.hide()
    await one.clock.advance(0)
    expect(two.sent.map(idsOf)).toEqual([['two']])
    expect(one.sent.flatMap(idsOf).toSorted()).toEqual(
      Array.from({ length: 10 }, (_one, place) => `one-${place}`),
    )
    expect(one.sink.counts).toMatchObject({ stored: 10, pending: 0 })
  })

  it('leaves one that is too large for that to the next page or the next second', async () => {
    const { sink, clock, sent, write, page } = setUp()
    sink.write(large('large', 50_000))
    write('small')
    page.hide()
    await clock.advance(0)
    expect(sent.map(idsOf)).toEqual([['small']])
    await clock.advance(2 * second)
    expect(sent.map(idsOf)).toEqual([['small'], ['large']])
  })

  it('keeps what was refused or lost on the way, and tries again when the page is back', async () => {
    const { sink, clock, sent, answers, write, page } = setUp()
    answers.push(say(503), offline)
    write('a')
    page.hide()
    await clock.advance(0)
    page.show()
    await clock.advance(0)
    expect(sent).toHaveLength(2)
    page.tell('window', 'online')
    await clock.advance(0)
    expect(sent).toHaveLength(3)
    expect(sent[2]!.init.keepalive).toBe(false)
    expect(sink.counts).toMatchObject({ stored: 1, pending: 0 })
  })

  it.each(['online', 'pageshow'])('tries again at once at %s', async (event) => {
    const { clock, sent, answers, write, page } = setUp()
    answers.push(offline, offline, offline)
    write('a')
    await clock.advance(5 * second)
    expect(sent).toHaveLength(3)
    page.tell('window', event)
    await clock.advance(0)
    expect(sent).toHaveLength(4)
  })

  it('sends what another request has on its way, too: that may not outlive the page', async () => {
    const { sink, clock, sent, answers, write, page } = setUp()
    let answer = (_response: Response) => {}
    answers.push(() => new Promise((resolve) => (answer = resolve)))
    write('a')
    await clock.advance(second)
    page.hide()
    await clock.advance(0)
    expect(sent.map(idsOf)).toEqual([['a'], ['a']])
    answer(await accept())
    await clock.advance(5 * second)
    expect(sink.counts).toMatchObject({ created: 1, stored: 1, pending: 0 })
  })

  it('waits for headers that come later, and sends with them', async () => {
    const { clock, sent, write, page } = setUp({ headers: async () => ({ 'x-key': 'k' }) })
    write('a')
    page.hide()
    expect(sent).toHaveLength(0)
    await clock.advance(0)
    expect(sent[0]!.headers.get('x-key')).toBe('k')
    expect(sent[0]!.init.keepalive).toBe(true)
  })

  it('uses a beacon where fetch cannot outlive the page, and keeps what it sent: a beacon has no answer', async () => {
    const beacons: { url: string; body: string }[] = []
    const page = fakePage((url, body) => beacons.push({ url, body }) < 3)
    const { sink, clock, sent, write } = setUp({}, page)
    write(...Array.from({ length: 450 }, (_one, place) => `t${place}`))
    page.hide()
    expect(sent).toEqual([])
    expect(beacons.map(({ body }) => (JSON.parse(body) as { tasks: unknown[] }).tasks.length)).toEqual([
      390, 60,
    ])
    expect(sink.counts).toMatchObject({ stored: 0, pending: 450 })
    page.show()
    await clock.advance(second)
    expect(sink.counts).toMatchObject({ stored: 450, pending: 0 })
  })

  it('sends nothing while it is refused, and with a storage nothing before the server wants it', async () => {
    const refused = setUp()
    refused.answers.push(say(401))
    refused.write('a')
    await refused.clock.advance(second)
    refused.page.hide()
    expect(refused.sent).toHaveLength(1)
    for (const storage of [undefined, createRows().storage()]) {
      const { clock, sent, answers, write, page } = setUp(storage && { storage })
      answers.push(say(429, { 'retry-after': '60' }))
      write('a')
      await clock.advance(second)
      page.hide()
      expect(sent).toHaveLength(storage ? 1 : 2)
    }
  })

  it('hears nothing any more when it is closed', async () => {
    const { sink, sent, write, page } = setUp()
    write('a')
    sink.close()
    page.hide()
    page.tell('window', 'online')
    expect(sent).toEqual([])
  })
})

/** What a tracker is told of its page, as one text. */
function listen() {
  const told: PageEvent[] = []
  const tracker = { report: () => {}, page: (event: PageEvent) => void told.push(event) }
  return { tracker, told: () => told.splice(0).join() }
}

const lifeOfAPage = [
  ['window', 'beforeunload', 'may-leave'],
  ['window', 'pagehide', 'left'],
  ['document', 'freeze', 'left'],
  ['document', 'resume', 'returned'],
  ['window', 'pageshow', 'returned'],
  ['window', 'online', ''],
  ['document', 'pagehide', ''],
  ['window', 'unload', ''],
] as const

describe('the tracker of a page', () => {
  it('is told by its sink what the page does, until the sink is closed', () => {
    const { sink, page } = setUp()
    const [one, two] = [listen(), listen()]
    sink.connect(one.tracker)
    sink.connect(two.tracker)
    expect([one.told(), two.told()]).toEqual(['watched', 'watched'])
    for (const [target, event, expected] of lifeOfAPage) {
      page.tell(target, event)
      expect([one.told(), two.told()], event).toEqual([expected, expected])
    }
    page.hide()
    page.show()
    sink.close()
    page.tell('window', 'pagehide')
    expect([one.told(), two.told()]).toEqual(['', ''])
  })

  it('is told that a page has returned whose sink was closed when it was left', () => {
    const { sink, page } = setUp()
    const [one, two] = [listen(), listen()]
    sink.connect(one.tracker)
    const stop = watchPage(two.tracker, page.page)
    page.tell('window', 'pagehide')
    sink.close()
    stop()
    page.tell('window', 'pageshow')
    expect([one.told(), two.told()]).toEqual(Array(2).fill('watched,left,returned'))
    page.tell('window', 'pagehide')
    expect([one.told(), two.told()]).toEqual(['', ''])
  })

  it('retries again in a page that returns, though its sink was closed when it was left', async () => {
    const { sink, page, clock } = setUp()
    const tracker = createTracker({
      pipeline: showPipeline,
      sinks: [sink],
      clock: clock.now,
      schedule: clock.schedule,
    })
    const call = vi.fn(async () => new Response(null, { status: call.mock.calls.length < 2 ? 503 : 200 }))
    page.tell('window', 'pagehide')
    sink.close()
    const tracked = tracker.show('s1').track('trailer', call, { retry: { attempts: 2 } })
    await clock.advance(minute)
    expect(call).toHaveBeenCalledTimes(1)
    page.tell('window', 'pageshow')
    await clock.advance(minute)
    expect((await tracked).status).toBe(200)
  })

  it('writes what it has to before the sink sends for the last time', () => {
    const { sink, sent, page } = setUp()
    const page2 = (event: PageEvent) => {
      if (event === 'left') sink.write({ tasks: [task('last')], shows: [], origin: 'local' })
    }
    sink.connect({ report: () => {}, page: page2 })
    page.tell('window', 'pagehide')
    expect(sent).toHaveLength(1)
    expect(JSON.parse(sent[0]!.init.body as string)).toMatchObject({ tasks: [{ id: 'last' }] })
  })

  it('is told nothing without a page', () => {
    const { sink } = setUpSink()
    const { tracker, told } = listen()
    sink.connect(tracker)
    expect(told()).toBe('')
  })

  it('is told by watchPage where no sink does', () => {
    const { page, tell } = fakePage()
    const { tracker, told } = listen()
    const stop = watchPage(tracker, page)
    expect(told()).toBe('watched')
    for (const [target, event, expected] of lifeOfAPage) {
      tell(target, event)
      expect(told(), event).toBe(expected)
    }
    stop()
    tell('window', 'pagehide')
    expect(told()).toBe('')
    // In a server, or in a worker.
    watchPage(tracker)()
    expect(told()).toBe('')
  })
})

describe('a page that is left', () => {
  it.each([
    ['beforeunload', 30],
    ['pagehide', 60_000],
  ])('reports no request that the browser cuts at %s', async (event, ms) => {
    const { clock, answers, errors, write, page, sink } = setUp()
    let cut = (_error: Error) => {}
    answers.push(() => new Promise((_resolve, reject) => (cut = reject)))
    write('a')
    await clock.advance(second)
    page.tell('window', event)
    await clock.advance(Math.min(ms, second))
    cut(new TypeError('Failed to fetch'))
    await clock.advance(0)
    expect(errors).toEqual([])
    page.tell('window', 'pageshow')
    await clock.advance(second)
    expect(sink.counts).toMatchObject({ stored: 1, pending: 0 })
  })

  it('reports one that breaks when the page has stayed', async () => {
    const { clock, answers, errors, write, page } = setUp()
    answers.push(offline)
    page.tell('window', 'beforeunload')
    write('a')
    await clock.advance(second)
    expect(errors).toEqual([expect.stringContaining('fetch failed')])
  })
})

describe('thisPage', () => {
  it('is undefined without a document', () => {
    expect(thisPage()).toBeUndefined()
  })

  it('has a beacon only where fetch has no keepalive', () => {
    const target = new EventTarget()
    vi.stubGlobal('document', target)
    vi.stubGlobal('window', target)
    vi.stubGlobal('navigator', { sendBeacon: () => true })
    expect(thisPage()?.sendBeacon).toBeUndefined()
    vi.stubGlobal('Request', { prototype: {} })
    expect(thisPage()?.sendBeacon?.('', '')).toBe(true)
    vi.unstubAllGlobals()
  })
})
