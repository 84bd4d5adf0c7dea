import { describe, expect, it } from 'vitest'
import { AlreadyRunningError, showPipeline, type TaskRecord } from '../index.ts'
import { parseRecords } from '../schema/schema.ts'
import { openBrowser } from '../testing-browser.ts'
import { createTracker } from '../tracker/tracker.ts'
import { createOwnership } from './ownership.ts'

const slot = { showId: 's', type: 'trailer' } as const

const trailerKey = JSON.stringify(['s', 'trailer', ''])

describe('a slot that several tabs may work on', () => {
  it('is paid for once when two tabs start at the same moment, and only one task is left', async () => {
    const browser = openBrowser({ isApart: true })
    const [a, b] = [browser.open('a'), browser.open('b')]
    const calls: string[] = []
    const pay = (by: string) => async (): Promise<string> => {
      calls.push(by)
      return `by ${by}`
    }
    const first = a.show.track('trailer', pay('a'))
    const second = b.show.track('trailer', pay('b'))
    expect(a.tracker.has(slot, 'running')).toBe(true)
    await expect(first).resolves.toBe('by a')
    await expect(second).rejects.toMatchObject({ code: 'already_running', taskId: 'a-1' })
    expect(calls).toEqual(['a'])
    a.tell()
    b.tell()
    expect(b.tracker.getPipeline('s')).toEqual(a.tracker.getPipeline('s'))
    expect(b.tracker.getTasks().map(({ id, status }) => [id, status])).toEqual([['a-1', 'succeeded']])
  })

  it('is not paid for again with unless: done, when another tab has made it while it was being claimed', async () => {
    const browser = openBrowser({ isApart: true })
    const [a, b] = [browser.open('a'), browser.open('b')]
    await a.show.track('trailer', async () => 'by a')
    let calls = 0
    const second = b.show.track('trailer', async () => (calls += 1), { unless: 'done' })
    a.tell()
    await expect(second).resolves.toBeUndefined()
    expect(calls).toBe(0)
    expect(b.tracker.getTasks().map(({ id }) => id)).toEqual(['a-1'])
  })

  it('tells the other tab when the work is finished, also when its task is not known there yet', async () => {
    const browser = openBrowser({ isApart: true })
    const [a, b] = [browser.open('a'), browser.open('b')]
    let finish = (_url: string) => {}
    const first = a.show.track('trailer', () => new Promise<string>((resolve) => (finish = resolve)), {
      result: (outputUrl) => ({ outputUrl }),
    })
    const error = await b.show.track('trailer', async () => 'paid').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AlreadyRunningError)
    const { finished } = error as AlreadyRunningError
    finish('https://x.test/a.mp4')
    await first
    a.tell()
    await expect(finished).resolves.toMatchObject({ status: 'succeeded', outputUrl: 'https://x.test/a.mp4' })
  })

  it('is shared by two clicks in one tab, also while it is being claimed', async () => {
    const { show } = openBrowser().open('a')
    let calls = 0
    const click = () => show.track('trailer', async () => (calls += 1))
    await expect(Promise.all([click(), click()])).resolves.toEqual([1, 1])
    expect(calls).toBe(1)
  })

  it('gives a promise even for a synchronous function, and the value itself with claim: false', async () => {
    const { show, tracker } = openBrowser().open('a')
    const value: unknown = show.track('trailer', () => 7)
    expect(value).toBeInstanceOf(Promise)
    await expect(value).resolves.toBe(7)
    expect(show.track('show-generation', () => 7, { claim: false })).toBe(7)
    expect(tracker.getTasks().map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
  })

  it('makes no call when it is canceled while it is being claimed', async () => {
    const { show, tracker } = openBrowser().open('a')
    let calls = 0
    const value = show.track('trailer', async () => (calls += 1))
    show.cancel('changed my mind')
    await expect(value).rejects.toThrow('changed my mind')
    expect(calls).toBe(0)
    expect(tracker.getTask(slot)).toMatchObject({ status: 'canceled' })
  })

  it('is claimed before each attempt: after a takeover no further attempt is paid for', async () => {
    const { open } = openBrowser({ isApart: true })
    const [a, b] = [open('a'), open('b')]
    let calls = 0
    const value = a.show.track(
      'trailer',
      async () => {
        calls += 1
        // The tab is frozen and comes back; meanwhile another one has taken the slot over.
        b.takeOver(trailerKey, 'a-1')
        throw new Error('HTTP 503')
      },
      { retry: { attempts: 5 } },
    )
    await expect(value).rejects.toMatchObject({ code: 'already_running' })
    expect(calls).toBe(1)
    expect(a.tracker.getTask('a-1')).toMatchObject({ status: 'processing', attempt: 2 })
  })

  it('makes the call when claims cannot be made, and reports it', async () => {
    const { show, tracker, errors, ...tab } = openBrowser().open('a')
    tab.break(new Error('the database was deleted'))
    await expect(show.track('trailer', async () => 'paid')).resolves.toBe('paid')
    expect(errors.map(({ message }) => message)).toEqual(['the database was deleted'])
    expect(tracker.getTask(slot)).toMatchObject({ status: 'succeeded' })
  })

  it('cancels the work of another tab with supersede', async () => {
    const { open } = openBrowser()
    const [a, b] = [open('a'), open('b')]
    let reason: unknown
    let hasBegun = () => {}
    const begun = new Promise<void>((resolve) => (hasBegun = resolve))
    const first = a.show.track(
      'trailer',
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          hasBegun()
          signal.addEventListener('abort', () => reject((reason = signal.reason) as Error))
        }),
    )
    first.catch(() => {})
    await begun
    await expect(b.show.track('trailer', async () => 'new', { onConflict: 'supersede' })).resolves.toBe('new')
    expect(reason).toMatchObject({ code: 'canceled' })
    expect(a.tracker.getTask(slot)).toMatchObject({ id: 'b-1', status: 'succeeded' })
  })

  it('is not taken over after a long silence while its owner lives', async () => {
    const { open } = openBrowser()
    const [a, b] = [open('a'), open('b')]
    void a.show.track('trailer', () => new Promise(() => {}))
    await Promise.resolve()
    await expect(b.show.track('trailer', async () => 'paid')).rejects.toThrow(AlreadyRunningError)
    expect(b.tracker.getTask(slot)).toMatchObject({ id: 'a-1', status: 'processing' })
  })

  it.each([
    ['success', 'succeeded'],
    ['failure', 'interrupted'],
  ] as const)('after a takeover, a late %s leaves the task %s', async (end, status) => {
    const { open } = openBrowser()
    const a = open('a')
    let settle: { resolve: (value: string) => void; reject: (error: Error) => void } | undefined
    const value = a.show.track(
      'trailer',
      () => new Promise<string>((resolve, reject) => (settle = { resolve, reject })),
    )
    value.catch(() => {})
    await expect.poll(() => settle).toBeDefined()
    a.owned.yield('a-1')
    a.tracker.updateTask('a-1', { status: 'interrupted' })
    if (end === 'success') settle!.resolve('late')
    else settle!.reject(new Error('HTTP 500'))
    await value.catch(() => {})
    expect(a.tracker.getTask('a-1')).toMatchObject({ status })
    expect(a.owned.tasks()).toEqual([])
  })

  it('is claimed at the first step of a generator', async () => {
    const { open } = openBrowser()
    const [a, b] = [open('a'), open('b')]
    let begins = 0
    const generate = async function* () {
      begins += 1
      yield 'one'
      return 'two'
    }
    const steps = a.show.track('trailer', generate)
    expect(begins).toBe(0)
    await expect(steps.next()).resolves.toEqual({ done: false, value: 'one' })
    await expect(b.show.track('trailer', generate).next()).rejects.toThrow(AlreadyRunningError)
    await expect(steps.next()).resolves.toEqual({ done: true, value: 'two' })
    expect(begins).toBe(1)
    expect(b.tracker.getTask(slot)).toMatchObject({ id: 'a-1', status: 'succeeded' })
  })

  it('is resumed by one of two tabs', async () => {
    const { open } = openBrowser()
    const before = createTracker({ pipeline: showPipeline, createId: () => 'lost' })
    const job = { provider: 'ours', id: 'j1' }
    before.addTask({ ...slot, status: 'processing', job })
    const saved = parseRecords(JSON.parse(JSON.stringify(before.serialize())))
    const [a, b] = [open('a'), open('b')]
    const followed: string[] = []
    for (const { tracker, by } of [a, b]) {
      tracker.merge(saved)
      tracker.resume({
        async ours() {
          followed.push(by)
          return { outputUrl: 'https://x.test/a.mp4' }
        },
      })
    }
    await expect.poll(() => b.tracker.getTask(slot)).toMatchObject({ status: 'succeeded' })
    expect(followed).toEqual(['a'])
  })

  it('leaves a running task of another tab alone in resume', async () => {
    const { open } = openBrowser()
    const [a, b] = [open('a'), open('b')]
    void a.show.track('trailer', () => new Promise(() => {}))
    await Promise.resolve()
    await Promise.resolve()
    expect(b.tracker.resume({})).toEqual({ resumed: [], interrupted: [] })
  })

  it('has one ownership at a time', () => {
    const { owned, tracker, show } = openBrowser().open('a')
    const other = createOwnership({ claim: async () => undefined, isElsewhere: () => false })
    expect(() => tracker.own(other)).toThrow(/Another ownership/)
    owned.release()
    expect(show.track('show-generation', () => 1)).toBe(1)
    tracker.own(other).release()
  })
})

describe('idempotencyKey', () => {
  const open = () => {
    let nextTask = 0
    const tracker = createTracker({ pipeline: showPipeline, createId: () => `t${(nextTask += 1)}` })
    const keys: string[] = []
    const call = (end?: Partial<TaskRecord>, retry = 1) =>
      tracker.show('s').track(
        'trailer',
        async ({ idempotencyKey, attempt, task }) => {
          keys.push(idempotencyKey)
          if (attempt < retry) throw new Error('HTTP 503')
          if (end) tracker.updateTask(task.id, end as never)
          return 'made'
        },
        { retry: { attempts: retry, delay: () => 0 } },
      )
    return { tracker, keys, call }
  }

  it('names the task and the attempt', async () => {
    const { keys, call } = open()
    await call({}, 3)
    await call()
    const [first, ...others] = keys.map((key) => key.split(':'))
    expect(keys).toHaveLength(4)
    expect(others.map(([id, attempt]) => [id === first![0], attempt])).toEqual([
      [true, '2'],
      [true, '3'],
      [false, '1'],
    ])
  })

  it('is that of the lost call when an interrupted one is repeated, also twice', async () => {
    const { keys, call, tracker } = open()
    for (let round = 0; round < 3; round += 1) {
      const task = tracker.addTask({ ...slot, status: 'processing' })!
      keys.push(`${task.id}:1`)
      tracker.updateTask(task.id, { status: 'interrupted' })
    }
    await call()
    expect(keys.at(-1)).toBe(keys[0])
    await call()
    expect(keys.slice(0, -1)).not.toContain(keys.at(-1))
  })

  it('is that of the lost call, also while another tab begins in the slot too', async () => {
    const { keys, tracker } = open()
    const { id } = tracker.addTask({ ...slot, status: 'processing' })!
    tracker.updateTask(id, { status: 'interrupted' })
    const other = createTracker({ pipeline: showPipeline, createId: () => 'other' })
    other.merge(parseRecords(JSON.parse(JSON.stringify(tracker.serialize()))))
    other.addTask({ ...slot, status: 'starting' })
    const claim = async () => {
      tracker.merge(parseRecords(JSON.parse(JSON.stringify(other.serialize()))))
      return undefined
    }
    tracker.own(createOwnership({ claim, isElsewhere: () => false }))
    await tracker.show('s').track('trailer', async ({ idempotencyKey }) => keys.push(idempotencyKey))
    expect(keys).toEqual([`${id}:1`])
  })

  it('is not shared by calls that cannot be tracked', () => {
    const { tracker } = open()
    tracker.on('error', () => {})
    const keyOf = () =>
      tracker.show('s').track('nothing' as 'trailer', ({ idempotencyKey }) => idempotencyKey)
    expect(keyOf()).not.toBe(keyOf())
  })
})
