import { Readable } from 'node:stream'
import vm from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import type { TaskRecord } from '../records/task.ts'
import { createTestTracker } from '../test/test-tracker.ts'
import { quiet } from '../testing.ts'

function setUp(options: object = {}) {
  const kit = createTestTracker(options)
  const task = (id = 'task-1') => kit.tracker.getTask(id) as TaskRecord | undefined
  return { ...kit, show: kit.tracker.show('s'), task }
}

describe('a promise of another realm', () => {
  const realm = vm.createContext({})
  const foreign = (code: string): Promise<unknown> => vm.runInContext(code, realm) as Promise<unknown>

  it('is followed to its end', async () => {
    const { show, task } = setUp()
    const promise = foreign('globalThis.p = new Promise((resolve) => (globalThis.resolve = resolve))')
    expect(promise instanceof Promise).toBe(false)
    expect(show.track('trailer', () => promise)).toBe(promise)
    expect(task()?.status).toBe('processing')
    void foreign('resolve(5)')
    expect(await promise).toBe(5)
    expect(task()?.status).toBe('succeeded')
  })

  it('fails the task when it rejects, or gives a Response that is not ok', async () => {
    const { show, task } = setUp()
    await show.track('trailer', () => foreign('(async () => { throw new Error("no") })()')).catch(() => {})
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'no' } })
    vm.runInContext('globalThis.give = (value) => Promise.resolve(value)', realm)
    const give = vm.runInContext('give', realm) as (value: unknown) => Promise<unknown>
    await show.track('trailer', () => give(new Response('down', { status: 503 })))
    expect(task('task-2')).toMatchObject({ status: 'failed', error: { httpStatus: 503 } })
  })

  it('is joined by a second click', async () => {
    const { show } = setUp()
    vm.runInContext('globalThis.made = 0', realm)
    const pay = () => foreign('made += 1, new Promise((resolve) => (globalThis.resolve = resolve))')
    const both = [show.track('trailer', pay), show.track('trailer', pay)]
    void foreign('resolve("paid")')
    expect(await Promise.all(both)).toEqual(['paid', 'paid'])
    expect(foreign('made')).toBe(1)
  })

  it('is tried again by a retry policy', async () => {
    const { show, clock } = setUp()
    vm.runInContext('globalThis.made = 0', realm)
    const call = show.track(
      'trailer',
      () => foreign('(async () => { if ((made += 1) < 3) throw new Error("busy"); return "done" })()'),
      { retry: {} },
    )
    await clock.advance(100_000)
    expect(await call).toBe('done')
  })
})

describe('what starts when it is awaited, read or subscribed to', () => {
  const lazies: readonly (readonly [string, () => unknown])[] = [
    // oxlint-disable-next-line unicorn/no-thenable -- as Prisma has it
    ['a query builder', () => ({ then: vi.fn(() => expect.fail('started')) })],
    [
      'a query builder of a class',
      () =>
        new (class Query {
          // oxlint-disable-next-line unicorn/no-thenable -- as Knex and Supabase have it
          then() {
            expect.fail('started')
          }
        })(),
    ],
    [
      'a lazy subclass of Promise',
      () =>
        new (class Lazy extends Promise<number> {
          // oxlint-disable-next-line unicorn/no-thenable -- as p-lazy has it
          override then(): never {
            return expect.fail('started')
          }
        })(() => {}),
    ],
    ['an iterator', () => [1][Symbol.iterator]()],
    [
      'a generator',
      () =>
        (function* () {
          yield expect.fail('started')
        })(),
    ],
    ['a ReadableStream', () => new ReadableStream({ pull: () => {} })],
    ['a stream of Node', () => Readable.from(['a'])],
    ['an asynchronous iterable', () => ({ [Symbol.asyncIterator]: () => expect.fail('started') })],
    ['a list of promises', () => [1, Promise.resolve(2)]],
    ['an observable', () => ({ subscribe: () => expect.fail('started'), pipe: () => {} })],
  ]
  it.each(lazies)('is not touched, and not told as done: %s', (_what, make) => {
    const { show, task, errors } = setUp()
    const value = make()
    expect(
      Object.is(
        show.track('trailer', () => value as never),
        value,
      ),
    ).toBe(true)
    expect(task()?.status).toBe('interrupted')
    expect(errors).toMatchObject([{ code: 'unobservable' }])
    expect(errors[0]!.message).toMatch(/^trailer returned .* Make the function async and await or read/)
    // The slot is free for the call that is made as the message says.
    expect(show.track('trailer', () => 1)).toBe(1)
  })

  it('is followed once the function is async', async () => {
    const { show, task } = setUp()
    // oxlint-disable-next-line unicorn/no-thenable -- a query builder
    const query = { then: (resolve: (rows: number[]) => void) => resolve([1]) }
    expect(await show.track('trailer', async () => (await query) as unknown)).toEqual([1])
    expect(task()?.status).toBe('succeeded')
  })
})

describe('an asynchronous generator', () => {
  it('keeps the methods and fields that a value adds to it', async () => {
    const { tracker } = createTestTracker()
    class Query {
      #isStopped = false
      model = 'film-2'
      readonly #steps = (async function* () {
        yield 1
        return 2
      })()
      next = () => this.#steps.next()
      return = (value: number) => this.#steps.return(value)
      throw = (error: unknown) => this.#steps.throw(error)
      interrupt() {
        this.#isStopped = true
        return this.#isStopped
      }
      [Symbol.asyncIterator]() {
        return this.#steps
      }
      get isStopped() {
        return this.#isStopped
      }
    }
    const query = tracker.show('s').track('trailer', () => new Query() as never) as unknown as Query
    expect(query).toBeInstanceOf(Query)
    expect([query.isStopped, query.interrupt(), query.isStopped, query.model]).toEqual([
      false,
      true,
      true,
      'film-2',
    ])
    query.model = 'film-3'
    expect(query.model).toBe('film-3')
    for await (const step of query as unknown as AsyncIterable<number>) expect(step).toBe(1)
    expect(tracker.getTask('task-1')?.status).toBe('succeeded')
  })

  it('keeps what `Object.assign` adds to it', async () => {
    const { tracker } = createTestTracker()
    const steps = tracker.show('s').track('trailer', () =>
      Object.assign(
        (async function* () {
          yield 1
        })(),
        { interrupt: () => 'stopped' },
      ),
    )
    expect(steps.interrupt()).toBe('stopped')
    await steps.return(undefined)
    expect(tracker.getTask('task-1')?.status).toBe('canceled')
  })

  async function* count(to: number): AsyncGenerator<number, string> {
    for (let step = 1; step <= to; step += 1) yield step
    return 'done'
  }

  it('is one for the caller too, and its last step ends the task', async () => {
    const { show, task } = setUp()
    const seen: number[] = []
    for await (const step of show.track('trailer', () => count(2))) {
      seen.push(step)
      expect(task()?.status).toBe('processing')
    }
    expect(seen).toEqual([1, 2])
    expect(task()?.status).toBe('succeeded')
  })

  it('receives what `next`, `return` and `throw` send, and gives what they give', async () => {
    const { show } = setUp()
    const heard: unknown[] = []
    async function* talk(): AsyncGenerator<string, string, string> {
      try {
        heard.push(yield 'name?')
        heard.push(yield 'age?')
      } catch (error) {
        heard.push((error as Error).message)
        yield 'sorry'
      } finally {
        heard.push('end')
      }
      return 'bye'
    }
    const talking = show.track('trailer', talk)
    expect(talking[Symbol.asyncIterator]()).toBe(talking)
    expect(Object.prototype.toString.call(talking)).toBe('[object AsyncGenerator]')
    expect(await talking.next('ignored')).toEqual({ done: false, value: 'name?' })
    expect(await talking.next('Ada')).toEqual({ done: false, value: 'age?' })
    expect(await talking.throw(new Error('rude'))).toEqual({ done: false, value: 'sorry' })
    expect(await talking.return('stop')).toEqual({ done: true, value: 'stop' })
    expect(heard).toEqual(['Ada', 'rude', 'end'])
  })

  it('that its caller leaves early is canceled', async () => {
    const { show, task } = setUp()
    for await (const step of show.track('trailer', () => count(9))) if (step === 2) break
    expect(task()).toMatchObject({ status: 'canceled' })
  })

  it('that throws fails the task, and its caller gets the very error', async () => {
    const { show, task } = setUp()
    const error = new Error('no more seeds')
    const failing = show.track('trailer', async function* () {
      yield 1
      throw error
    })
    await failing.next()
    expect(await failing.next().catch((reason: unknown) => reason)).toBe(error)
    expect(task()).toMatchObject({ status: 'failed', error: { message: 'no more seeds' } })
    expect(await failing.next()).toEqual({ done: true, value: undefined })
  })

  it('records what `result` reads from its return value', async () => {
    const { show, task } = setUp()
    const steps = show.track('trailer', () => count(0), {
      result: (value: unknown) => ({ stage: value as string, metadata: { url: value as string } as never }),
    })
    expect(await steps.next()).toEqual({ done: true, value: 'done' })
    expect(task()).toMatchObject({ status: 'succeeded', metadata: { url: 'done' } })
  })

  it('is neither started nor joined by a second call', async () => {
    const { show } = setUp()
    const first = show.track('trailer', () => count(1))
    await expect(show.track('trailer', () => count(1)) as never).rejects.toMatchObject({ taskId: 'task-1' })
    await first.next()
  })

  it('keeps its signs of life', async () => {
    const { show, task, clock } = setUp()
    const steps = show.track('trailer', () => count(3))
    await clock.advance(5_000)
    await steps.next()
    expect(task()?.updatedAt).toBe(clock.now())
    await quiet()
  })
})
