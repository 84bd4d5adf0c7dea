import { createTracker, type ShowRecord, showPipeline, type TaskVersion } from '@callsheet/core'
import { createRandom } from '@callsheet/core/test'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { liveSource, type LiveState } from '../index.ts'
import { startLiveServer } from '../testing/servers/live-server.ts'

/** Pauses pass that many times as fast, and so does the clock that they are measured by. */
const speed = 50
const startedAt = Date.now()
let jumped = 0
const clock = () => startedAt + (Date.now() - startedAt) * speed + jumped
/** Time limits of the source. They pass as slowly as anywhere: a busy machine must not reach them. */
const limits = new Set([10_000, 20_000, 45_000])

async function setUp(options?: Parameters<typeof startLiveServer>[0]) {
  const server = await startLiveServer({ heartbeat: 15_000 / speed, ...options })
  onTestFinished(() => server.close())
  const { truth } = server
  /** A viewer of the show. */
  const read = (name = 'reader') => {
    const tracker = createTracker({ pipeline: showPipeline, by: name })
    const errors: Error[] = []
    const states: LiveState[] = []
    tracker.on('error', ({ error }) => errors.push(error))
    const headers = { 'x-reader': name }
    const waiting = new Set<() => void>()
    const schedule = (callback: () => void, ms: number) => {
      if (limits.has(ms)) waiting.add(callback)
      const timer = setTimeout(callback, limits.has(ms) ? ms : ms / speed)
      return () => {
        waiting.delete(callback)
        clearTimeout(timer)
      }
    }
    let answers = 0
    const fetch: typeof globalThis.fetch = async (...args) => {
      const response = await globalThis.fetch(...args)
      answers += 1
      return response
    }
    const world = { fetch, clock, schedule }
    const source = liveSource({ tracker, url: server.url, showId: 's1', headers, ...world })
    source.subscribe(() => states.push(source.state))
    const release = source.open()
    onTestFinished(release)
    return {
      tracker,
      source,
      errors,
      states,
      release,
      answers: () => answers,
      /** Lets the time limit be over that the source waits for. */
      expire: () => waiting.forEach((callback) => callback()),
    }
  }
  return { server, truth, read }
}

const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1)

/** The state of a tracker, in whatever order it came. */
const stateOf = (tracker: {
  serialize: () => { tasks: readonly TaskVersion[]; shows: readonly ShowRecord[] }
}) => {
  const { tasks, shows } = tracker.serialize()
  return { tasks: tasks.toSorted(byId), shows }
}

const until = (check: () => void, timeout = 20_000) => vi.waitFor(check, { timeout, interval: 20 })

describe('liveSource against a server', () => {
  it('follows a show, goes on where the stream broke, and begins anew when it was away too long', async () => {
    const bytes = [400, 4_000]
    const { server, truth, read } = await setUp({ ring: 3, dropAfter: () => bytes.shift() })
    const show = truth.show('s1')
    show.setTitle('Neon "Noir" 🎬')
    truth.addTask({ id: 'a', showId: 's1', type: 'trailer', status: 'processing' })
    const { tracker, source, errors } = read()
    await until(() => expect(source.state.status).toBe('live'))
    for (let n = 0; n < 40; n += 1) {
      truth.updateTask('a', { progress: n, stage: `frame ${n} 🎞` })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    truth.updateTask('a', { status: 'succeeded' })
    await until(() => expect(stateOf(tracker)).toEqual(stateOf(truth)))
    expect(tracker.getPipeline('s1').title).toBe('Neon "Noir" 🎬')
    expect(server.drops()).toEqual([2])
    expect(server.counts.resumed + server.counts.reset).toBeGreaterThanOrEqual(1)
    expect(errors).toEqual([])
  })

  it('misses nothing: 20 readers, each dropped 50 times at random bytes, the server restarted 5 times', async () => {
    const random = createRandom('drops')
    const [count, most] = [20, 50]
    const { server, truth, read } = await setUp({
      isScrambled: true,
      ring: 1_000,
      dropAfter: (_name, drops) => (drops < most ? 1 + Math.floor(random() ** 2 * 15_000) : undefined),
    })
    truth.show('s1').setCharacters([{ id: 'ada' }, { id: 'bö' }])
    const readers = Array.from({ length: count }, (_one, place) => read(`reader-${place}`))
    let added = 0
    let running: string[] = []
    const change = () => {
      const id = running[Math.floor(random() * running.length)]
      const dice = random()
      if (id === undefined || (dice < 0.02 && running.length < 20)) {
        running.push(`task-${(added += 1)}`)
        const characterId = dice < 0.01 ? 'ada' : 'bö'
        const slot = { showId: 's1', type: 'portrait', characterId } as const
        truth.addTask({ id: running.at(-1)!, ...slot, status: 'processing' })
      } else if (dice < 0.04) truth.show('s1').setTitle(`Title ${dice} — «é»`)
      else if (dice < 0.99) truth.updateTask(id, { stage: `${'🎬 '.repeat(dice * 40)}${dice}` })
      else {
        truth.updateTask(id, { status: 'succeeded' })
        running = running.filter((other) => other !== id)
        if (random() < 0.5) truth.dismiss(id)
      }
    }
    const dropped = () => server.drops().reduce((sum, drops) => sum + drops, 0)
    let restarts = 0
    while (dropped() < count * most) {
      for (let n = 0; n < 2; n += 1) change()
      if (restarts < 5 && dropped() > 180 * (restarts + 1)) {
        restarts += 1
        await server.restart(30)
      }
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    server.settle()
    for (const { tracker } of readers) await until(() => expect(stateOf(tracker)).toEqual(stateOf(truth)))
    expect(server.drops()).toEqual(Array.from({ length: count }, () => most))
    expect(restarts).toBe(5)
    expect(server.counts.resumed).toBeGreaterThan(100)
    expect(server.counts.reset).toBeGreaterThan(20)
    for (const { errors } of readers) {
      expect(errors.filter(({ message }) => /read|taken in/.test(message))).toEqual([])
    }
  })

  it.each([
    ['its body is held back', 'held'],
    ['a page comes in its place', 'page'],
    ['it is refused as it is', { status: 406 }],
  ] as const)('asks for snapshots when the stream is blocked: %s', async (_what, fault) => {
    const { server, truth, read } = await setUp()
    server.setFault(fault)
    truth.addTask({ id: 'a', showId: 's1', type: 'trailer', status: 'processing' })
    const { tracker, source, errors, answers, expire } = read()
    if (fault === 'held') {
      await until(() => expect(answers()).toBe(1))
      expire()
    }
    await until(() => expect(source.state.status).toBe('polling'))
    truth.updateTask('a', { status: 'succeeded' })
    await until(() => expect(stateOf(tracker)).toEqual(stateOf(truth)))
    expect(errors).toHaveLength(1)
    server.setFault()
    jumped += 300_000
    await until(() => expect(source.state).toEqual({ status: 'live' }))
  })

  it.each([{ status: 503 }, { status: 429, retryAfter: '2' }])('comes back after %o', async (fault) => {
    const { server, truth, read } = await setUp()
    server.setFault(fault)
    truth.addTask({ id: 'a', showId: 's1', type: 'trailer' })
    const { tracker, source, errors } = read()
    await until(() => expect(server.requests.length).toBeGreaterThan(2))
    expect(source.state.status).not.toBe('live')
    server.setFault()
    await until(() => expect(stateOf(tracker)).toEqual(stateOf(truth)))
    expect(errors).toHaveLength(1)
  })

  it('leaves nothing behind without listeners', async () => {
    const { server, read } = await setUp()
    const { release, source } = read()
    await until(() => expect(server.readers()).toBe(1))
    release()
    await until(() => expect(server.readers()).toBe(0))
    expect(source.state.status).toBe('idle')
  })
})
