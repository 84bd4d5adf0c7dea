import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CallsheetError } from '../records/errors.ts'
import { parseRecords, parseSnapshot } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { createTestTracker } from '../test/test-tracker.ts'
import { assertLaw, deferred, expectSame, oneOf, taskOf } from '../testing.ts'
import { limits } from '../records/text.ts'
import { createTracker } from './tracker.ts'

const start = Date.UTC(2026, 0)

function setup() {
  const kit = createTestTracker({ start })
  kit.tracker.addTask({ id: 'a', showId: 's', type: 'trailer', status: 'processing' })
  const show = kit.tracker.show('s')
  const codes = () => kit.errors.map((error) => (error instanceof CallsheetError ? error.code : error.name))
  return { ...kit, show, codes, task: () => kit.tracker.getTask('a')! }
}

const trap = (name: string): object => ({
  get [name](): never {
    throw new Error('locked')
  },
})

const url = 'https://a.example/v.mp4'

afterEach(() => vi.restoreAllMocks())

describe('a field that a record cannot hold', () => {
  it.each([
    ...[
      { status: 'queued' },
      { status: 5 },
      { status: ['failed'] },
      { attempt: 2 ** 53 },
      { attempt: -1 },
      { attempt: 0 },
      { maxAttempts: 0 },
      { completedAt: -5 },
      { completedAt: new Date() },
      { attempt: Number.NaN },
      { attempt: Infinity },
      { attempt: {} },
      { maxAttempts: 1e300 },
      { maxAttempts: 'many' },
      { stage: {} },
      { stage: Symbol('s') },
      { stage: () => 's' },
      { progress: Number.NaN },
      { progress: Infinity },
      { progress: 'much' },
      { progress: [] },
      { completedAt: Number.NaN },
      { completedAt: -Infinity },
      { completedAt: 'yesterday' },
      { outputUrl: 5 },
      { outputUrl: {} },
      { outputUrl: ['a'] },
      { outputUrl: `https://a.example/${'x'.repeat(8_192)}` },
      { outputUrl: 'data: the android' },
      { outputs: 5 },
      { outputs: {} },
      { job: 'j1' },
      { job: {} },
      { job: { provider: 'p' } },
      { job: { provider: 'p', id: 'x'.repeat(2_001) } },
      { job: { provider: {}, id: 'j' } },
      { job: trap('id') },
      { metadata: [] },
      { metadata: 'text' },
      { metadata: () => fail() },
    ].map((wrong, index) => [Object.keys(wrong)[0]!, `case ${index}`, () => wrong] as const),
    ...['status', 'attempt', 'maxAttempts', 'stage', 'progress', 'completedAt', 'outputUrl', 'outputs'].map(
      (name) => [name, 'a getter that throws', () => trap(name)] as const,
    ),
    ...['error', 'job', 'metadata'].map((name) => [name, 'a getter that throws', () => trap(name)] as const),
  ])('is reported and dropped, and the rest applied: %s, %s', (name, _which, make) => {
    const wrong = make()
    const { tracker, errors, task } = setup()
    const before = task() as unknown as Record<string, unknown>
    const rest = name === 'stage' ? { progress: 7 } : { stage: 'goes on' }
    const patch = Object.defineProperties({ ...rest }, Object.getOwnPropertyDescriptors(wrong))
    expect(tracker.updateTask('a', patch)).toMatchObject(rest)
    expect((task() as unknown as Record<string, unknown>)[name]).toEqual(before[name])
    expect(errors).toHaveLength(1)
    expect(errors[0]!.message).toMatch(new RegExp(`^Task "a": "${name}" was dropped: |^locked$`))
    const added = tracker.addTask(Object.assign(patch, { id: 'b', showId: 's', type: 'trailer' }) as never)
    expect(added).toMatchObject({ id: 'b', ...rest })
    expect(errors).toHaveLength(2)
    expect(parseSnapshot(JSON.stringify(tracker.serialize())).rejected).toEqual([])
  })

  const fail = (): never => {
    throw new Error('locked')
  }

  it.each([
    [{ outputs: [url, 5, {}, `data:image/png;base64,QUJD`] }, { outputs: [url] }, 2],
    [
      { job: { provider: 'p', id: 'j', url: 'data:image/png;base64,QUJD' } },
      { job: { provider: 'p', id: 'j' } },
      1,
    ],
    [{ job: { provider: 'p', id: 'j', url: 'x'.repeat(9_000) } }, { job: { provider: 'p', id: 'j' } }, 1],
    [
      { outputs: Array.from({ length: 2_000 }, () => 'x') },
      { outputs: Array.from({ length: 1_000 }, () => 'x') },
      1,
    ],
    [{ error: { message: 'no', httpStatus: 1e300 } }, { error: { message: 'no' } }, 0],
    [() => ({ error: trap('message') }), { error: { message: 'failed' } }, 1],
    [{ progress: -5 }, { progress: 0 }, 1],
    [{ progress: 150 }, { progress: 100 }, 1],
    [{ progress: 99.9 }, { progress: 99 }, 0],
  ])('in part keeps the other part: %#', (patch, expected, reports) => {
    const { tracker, task, errors } = setup()
    tracker.updateTask('a', (typeof patch === 'function' ? patch() : patch) as never)
    expect(task()).toMatchObject(expected)
    expect(errors).toHaveLength(reports)
    expect(parseSnapshot(JSON.stringify(tracker.serialize())).rejected).toEqual([])
  })

  it.each([
    ['a single address', url],
    ['a URL', new URL(url)],
    ['a list with a URL', [new URL(url)]],
  ])('is not meant by %s: that is a list of one', (_what, outputs) => {
    const { tracker, task, errors } = setup()
    tracker.updateTask('a', { outputs: outputs as never, outputUrl: new URL(url) as never })
    expect(task()).toMatchObject({ outputs: [url], outputUrl: url })
    expect(errors).toEqual([])
  })

  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [5, '5'],
    ['succeeded', '"succeeded"'],
    [[], 'an array'],
    [() => 1, 'a function'],
  ])('or an update that is not an object, %j, is reported and changes nothing', (patch, got) => {
    const { tracker, task, errors } = setup()
    const before = task()
    expect(tracker.updateTask('a', patch as never)).toBe(before)
    expect(task()).toBe(before)
    expect(errors.map(({ message }) => message)).toEqual([
      `Task "a": "patch" was dropped: expected an object such as { status: 'succeeded' }, got ${got}.`,
    ])
  })

  it('is reported by its name when a task has no such field, and the rest applied', () => {
    const { tracker, task, errors, codes } = setup()
    tracker.updateTask('a', { outputURL: url, stage: 'encoding' } as never)
    expect(task()).toMatchObject({ stage: 'encoding' })
    expect(task()).not.toHaveProperty('outputUrl')
    expect(errors[0]!.message).toBe(
      'Task "a": "outputURL" was dropped: unknown field. Known fields: status, attempt, maxAttempts, stage, progress, ' +
        'completedAt, outputUrl, outputs, error, job, metadata.',
    )
    tracker.addTask({ id: 'b', showId: 's', type: 'trailer', state: 'x', Progress: 1 } as never)
    expect(errors[1]!.message).toMatch(/^Task "b": "state", "Progress" was dropped: unknown field/)
    tracker.show('other').track('trailer', (run) => run.update({ percent: 5 } as never), { id: 'c' })
    expect(errors[2]!.message).toMatch(/^Task "c": "percent" was dropped/)
    expect(codes()).toEqual(['invalid_field', 'invalid_field', 'invalid_field'])
  })

  it('is not meant by the fields of a whole record', () => {
    const { tracker, task, errors } = setup()
    tracker.updateTask('a', { ...task(), stage: 'encoding' } as never)
    tracker.addTask({ ...task(), id: 'b' } as never)
    tracker.addTask({ id: 'c', showId: 's', type: 'portrait', characterId: 'ada', stepNumber: 4 } as never)
    expect(errors).toEqual([])
    expect(task()).toMatchObject({ stage: 'encoding' })
  })

  it.each([
    [{ completedAt: new Date() }, 'expected epoch milliseconds, got a Date.'],
    [{ progress: new Map() }, 'expected a number from 0 to 100, got a Map.'],
    [{ attempt: 2 ** 53 }, 'expected a whole number from 1 to 4503599627370496, got 9007199254740992.'],
    [{ stage: true }, 'expected a string, got true.'],
    [{ stage: Symbol('s') }, 'expected a string, got a symbol.'],
    [{ outputs: new Set() }, 'expected a URL or a list of URLs, got a Set.'],
    [{ outputUrl: [] }, 'that is not a data: URL, got an array.'],
    [{ metadata: 'x'.repeat(50) }, `expected an object or a function, got "${'x'.repeat(40)}…".`],
  ])('is reported with what was expected and what was got: %#', (patch, end) => {
    const { tracker, errors } = setup()
    tracker.updateTask('a', patch as never)
    expect(errors[0]!.message.endsWith(end), errors[0]!.message).toBe(true)
  })
})

describe('what is said of a show', () => {
  it.each([
    ['setTitle', 5, 'title'],
    ['setTitle', () => trap('toString'), 'title'],
    ['setCharacters', { id: 'ada' }, 'characters'],
    ['setCharacters', Array.from({ length: 100_001 }, (_, index) => ({ id: `${index}` })), 'characters'],
    ['setCharacters', [{ id: 'ada', name: 5 }], 'characters'],
    [
      'setCharacters',
      () => [Object.defineProperties({ id: 'bo' }, Object.getOwnPropertyDescriptors(trap('name')))],
      'characters',
    ],
    ['setFacts', { at: -5, done: {} }, 'facts.at'],
    ['setFacts', { at: Number.NaN, done: {} }, 'facts.at'],
    ['setFacts', { at: 8.64e15, done: {} }, 'facts.at'],
    ['setFacts', { done: {}, chracters: [] }, 'facts.chracters'],
    ['setFacts', { at: '2026', done: {} }, 'facts.at'],
    ['setFacts', { done: 5 }, 'facts.done'],
    ['setFacts', null, 'facts.done'],
    ['setFacts', { done: { trailer: 'yes' } }, 'facts.done.trailer'],
    ['setFacts', { done: { trailer: ['ada'] } }, 'facts.done.trailer'],
    ['setFacts', () => ({ done: trap('trailer') }), 'facts.done.trailer'],
    ['setFacts', { done: { trailer: true }, characters: 5 }, 'facts.characters'],
    ['setUnavailable', 'trailer', 'unavailable'],
  ] as const)(
    'is reported where a record cannot hold it, and the rest applied: %s, %#',
    (method, given, field) => {
      const { tracker, show, codes, errors } = setup()
      ;(show[method] as (given: unknown) => void)(typeof given === 'function' ? given() : given)
      expect(codes()).toEqual(['invalid_field'])
      expect(errors[0]!.message).toMatch(`Show "s": "${field}" was dropped: `)
      expect(parseSnapshot(JSON.stringify(tracker.serialize())).rejected).toEqual([])
    },
  )

  it('takes facts without a usable time as of now', () => {
    const { show, tracker } = setup()
    show.setFacts({ at: -5, done: { portrait: ['ada'] } })
    expect(tracker.serialize().shows[0]!.facts!.value).toEqual({ at: start, done: { portrait: ['ada'] } })
  })
})

describe('every method', () => {
  const unknown = { showId: 's', type: 'trailr' as 'trailer' }
  it.each<[string, (kit: ReturnType<typeof setup>) => unknown]>([
    ['addTask', ({ tracker }) => tracker.addTask(unknown)],
    ['getTask', ({ tracker }) => tracker.getTask(unknown)],
    ['getTasks', ({ tracker }) => tracker.getTasks(unknown)],
    ['cancel', ({ tracker }) => tracker.cancel(unknown)],
    ['dismiss', ({ tracker }) => tracker.dismiss(unknown)],
    ['has', ({ tracker }) => tracker.has(unknown, 'done')],
    ['subscribe', ({ tracker }) => tracker.subscribe(() => {}, unknown)],
    ['setFacts', ({ show }) => show.setFacts({ done: { trailr: true } as never })],
    ['setUnavailable', ({ show }) => show.setUnavailable(['trailr' as 'trailer'])],
  ])('but track and wrap throws for a step that there is none of: %s', (_name, call) => {
    expect(() => call(setup())).toThrow(expect.objectContaining({ code: 'unknown_step' }))
    expect(() => call(setup())).toThrow(
      /^Unknown step "trailr" in pipeline "show"\. Known steps: show-generation, /,
    )
  })

  it.each<[string, unknown, (kit: ReturnType<typeof setup>) => unknown]>([
    ['addTask', undefined, ({ tracker }) => tracker.addTask(trap('type') as never)],
    ['addTask', undefined, ({ tracker }) => tracker.addTask(null as never)],
    ['getTask', undefined, ({ tracker }) => tracker.getTask(trap('showId') as never)],
    ['getTasks', [], ({ tracker }) => tracker.getTasks(trap('showId') as never)],
    ['cancel', 0, ({ tracker }) => tracker.cancel(trap('showId') as never)],
    ['cancel', 0, ({ tracker }) => tracker.cancel(null as never)],
    ['dismiss', 0, ({ tracker }) => tracker.dismiss(trap('characterId') as never)],
    ['has', false, ({ tracker }) => tracker.has(trap('showId') as never, 'done')],
    ['has', false, ({ tracker }) => tracker.has(null as never, 'done')],
    ['has', false, ({ tracker }) => tracker.has({ showId: 's', type: 'trailer' }, 'finished' as never)],
    ['getTask', undefined, ({ tracker }) => tracker.getTask(5 as never)],
    ['page', undefined, ({ tracker }) => tracker.page('gone' as never)],
    ['restore', nothing(), ({ tracker }) => tracker.restore(JSON.parse('{"tasks":[]}') as never)],
    ['merge', nothing(), ({ tracker }) => tracker.merge(undefined as never)],
    [
      'setCharacters',
      undefined,
      ({ show }) =>
        show.setCharacters(Object.defineProperty([], 0, { get: fail, enumerable: true }) as never),
    ],
  ])('reports everything else and gives an empty answer: %s', (name, expected, call) => {
    const kit = setup()
    if (name === 'dismiss') return
    expect(call(kit)).toEqual(expected)
    expect(kit.errors).toHaveLength(1)
    expect(kit.task().status).toBe('processing')
  })

  function fail(): never {
    throw new Error('locked')
  }

  function nothing() {
    return { accepted: 0, ignored: 0, rejected: [] }
  }

  it.each<[string, (kit: ReturnType<typeof setup>) => unknown]>([
    ['addTask', ({ tracker }) => tracker.addTask(null as never)],
    ['has', ({ tracker }) => tracker.has(5 as never, 'done')],
    ['cancel', ({ tracker }) => tracker.cancel(null as never)],
    ['reset', ({ tracker }) => tracker.reset(5 as never)],
  ])('reports with a code where an object was expected: %s', (_name, call) => {
    const kit = setup()
    call(kit)
    expect(kit.codes()).toEqual(['invalid_field'])
    expect(kit.errors[0]!.message).toMatch(/expected an object with showId and type, got (?:null|5)\.$/)
  })

  it('refuses ids from an asynchronous createId, whose rejection ends nothing', async () => {
    const unhandled = vi.fn<(reason: unknown) => void>()
    process.on('unhandledRejection', unhandled)
    const createId = () => Promise.reject(new Error('no ids')) as never
    expect(() => createTracker({ pipeline: showPipeline, createId })).toThrow('Invalid by a Promise')
    const tracker = createTracker({ pipeline: showPipeline, createId, by: 'me' })
    const errors: string[] = []
    tracker.on('error', ({ error }) => errors.push(error.message))
    expect(tracker.show('s').track('trailer', () => 'made')).toBe('made')
    expect(errors).toEqual([expect.stringMatching(/^Invalid id a Promise/)])
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('cancels with a reason that is not a string', () => {
    const { tracker, task } = setup()
    expect(tracker.cancel({ showId: 's' }, new Error('too dear') as never)).toBe(1)
    expect(task()).toMatchObject({ status: 'canceled', error: { message: 'too dear' } })
  })

  it('outlives a clock that throws or tells no time', () => {
    let clock = (): number => 5_000
    const tracker = createTracker({ pipeline: showPipeline, clock: () => clock() })
    const codes: unknown[] = []
    tracker.on('error', ({ error }) => codes.push((error as CallsheetError).code ?? error.message))
    tracker.addTask({ id: 'a', showId: 's', type: 'trailer' })
    for (const broken of [() => Number.NaN, () => -5, () => undefined as never, fail, () => Infinity]) {
      clock = broken
      tracker.updateTask('a', { stage: String(broken) })
    }
    expect(tracker.getTask('a')).toMatchObject({ rev: 6, updatedAt: limits.time })
    expect(codes).toEqual(['invalid_option', 'invalid_option', 'locked', 'limit_reached'])
    expect(parseSnapshot(JSON.stringify(tracker.serialize())).rejected).toEqual([])
  })
})

describe('options that are null', () => {
  it('count as left out, as those of an update do', () => {
    const { tracker, errors } = createTestTracker()
    tracker.addTask({ id: 'a', showId: 's', type: 'trailer' })
    const undo = tracker.subscribe(() => {}, null as never)
    tracker.merge(parseRecords({ tasks: [], shows: [] }), null as never)
    const fixed = { type: null, showId: null, characterId: null } as object
    expect(tracker.updateTask('a', { ...fixed, progress: 5 })).toMatchObject({ type: 'trailer', progress: 5 })
    undo()
    expect(errors).toEqual([])
  })
})

describe('createTracker', () => {
  it.each([
    [
      { expiry: { succeeded: Number.NaN } },
      'Invalid succeeded: expected milliseconds from 0, or Infinity, got NaN.',
    ],
    [{ expiry: { failed: '1 d' } }, 'Invalid failed: expected milliseconds from 0, or Infinity, got "1 d".'],
    [{ takeOverAfter: -1 }, 'Invalid takeOverAfter: expected milliseconds from 0, or Infinity, got -1.'],
    [{ maxTasks: 0 }, 'Invalid maxTasks: expected a number from 1, got 0.'],
  ])('throws for an option that it cannot use: %j', (options, message) => {
    expect(() => createTracker({ pipeline: showPipeline, ...(options as object) })).toThrow(message)
  })
})

describe('a merge of very many old records', () => {
  it('lists the first 1,000 rejections and counts all', () => {
    const { tracker, errors } = setup()
    const tasks = Array.from({ length: 3_000 }, (_, index) => taskOf({ id: `t${index}`, updatedAt: 1 }))
    const result = tracker.merge(parseRecords({ tasks }))
    expect(result).toMatchObject({ accepted: 0, ignored: 0 })
    expect(result.rejected).toHaveLength(1_000)
    expect(errors[0]!.message).toBe('merge: 3000 record(s) rejected. First reason: it is older than 30 days.')
  })
})

describe('when nothing listens to error', () => {
  it('logs each kind of failure once', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const tracker = createTracker({ pipeline: showPipeline })
    for (const step of ['trailr', 'portrat']) {
      expect(tracker.show('s').track(step as 'trailer', () => 1)).toBe(1)
    }
    tracker.updateTask('unknown', {})
    tracker.report(new RangeError('with sk-abcdefghijklmnopqrst1'))
    const lines = warn.mock.calls.map(([line]) => String(line))
    expect(lines).toEqual([
      expect.stringMatching(
        /^Callsheet: Unknown step "trailr" in pipeline "show".*\(unknown_step\)\. .*tracker\.on\('error', …\)/,
      ),
      expect.stringMatching(/\(unknown_task\)/),
      expect.stringMatching(/^Callsheet: with \[redacted\] \(RangeError\)/),
    ])
    const listener = vi.fn()
    const undo = tracker.on('error', listener)
    tracker.report(new TypeError('x'))
    expect(listener).toHaveBeenCalledTimes(1)
    expect(warn).toHaveBeenCalledTimes(3)
    undo()
    tracker.report(new TypeError('x'))
    expect(warn).toHaveBeenCalledTimes(4)
  })
})

describe('a hostile record', () => {
  const hostile = (fields: object) => {
    const kit = setup()
    const record = taskOf({ id: 'h', type: 'portrait', characterId: 'ada', updatedAt: start, ...fields })
    const parsed = parseRecords({ tasks: [record] })
    expect(parsed.rejected).toEqual([])
    kit.tracker.merge(parsed)
    return kit
  }

  it('of the last moment stops its slot, once reported, and nothing else', async () => {
    const { tracker, show, codes } = hostile({ startedAt: limits.time, status: 'failed' })
    const slot = { showId: 's', type: 'portrait', characterId: 'ada' } as const
    expect(show.track('portrait', () => 'made', { characterId: 'ada' })).toBe('made')
    expect(show.track('portrait', () => 'made', { characterId: 'ada' })).toBe('made')
    expect(tracker.addTask(slot)).toBeUndefined()
    expect(codes()).toEqual(['limit_reached'])
    show.track('portrait', () => 'made', { characterId: 'bo' })
    expect(tracker.getPipeline('s').step('portrait').completed).toBe(1)
    expect(parseSnapshot(JSON.stringify(tracker.serialize())).rejected).toEqual([])
    expect(tracker.dismiss('h')).toBe(1)
  })

  it('of the last version stays as it is, once reported, and can be dismissed', () => {
    const { tracker, codes } = hostile({ rev: 2 ** 52 })
    const held = tracker.getTask('h')
    expect(tracker.updateTask('h', { status: 'failed' })).toBe(held)
    expect(tracker.updateTask('h', { stage: 's' })).toBe(held)
    expect(codes()).toEqual(['limit_reached'])
    const { tracker: other } = hostile({ rev: 2 ** 52, status: 'failed' })
    expect(other.dismiss('h')).toBe(1)
    expect(parseSnapshot(JSON.stringify(other.serialize())).rejected).toEqual([])
  })

  it('of a show stops one register, once reported', () => {
    const { tracker, show, codes } = setup()
    const title = { value: 'theirs', rev: 2 ** 52, by: 'you' }
    tracker.merge(parseRecords({ shows: [{ showId: 's', pipeline: 'show', title }] }))
    show.setTitle('mine')
    show.setTitle('mine')
    show.setCharacters([{ id: 'ada' }])
    expect(show.getPipeline()).toMatchObject({ title: 'theirs', characters: [{ id: 'ada' }] })
    expect(codes()).toEqual(['limit_reached'])
    expect(parseSnapshot(JSON.stringify(tracker.serialize())).rejected).toEqual([])
  })

  it.each([
    { startedAt: 8.64e15 },
    { updatedAt: 8.64e15 },
    { completedAt: 8.64e15 },
    { rev: 2 ** 52 + 1 },
    { attempt: 2 ** 53 - 1 },
  ])('after that is refused at the door: %j', (fields) => {
    expect(parseRecords({ tasks: [taskOf(fields)] }).rejected).toHaveLength(1)
  })
})

describe('a task', () => {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length

  it('is at most 64 KiB, whatever it is made of, and says what it lost', () => {
    const { tracker, task, codes } = setup()
    const dear = '\u0001'.repeat(2_000)
    const metadata = Object.fromEntries(
      Array.from({ length: 11 }, (_, index) => [`k${index}`, 'x'.repeat(2_000)]),
    )
    const outputs = Array.from({ length: 40 }, (_, index) => `https://a.example/${index}/${'x'.repeat(350)}`)
    const long = `https://a.example/${'é'.repeat(8_000)}`
    tracker.updateTask('a', { metadata, outputs, outputUrl: url, stage: 'fits' })
    expect(codes()).toEqual([])
    tracker.updateTask('a', { stage: dear, outputUrl: long, job: { provider: 'p', id: dear, url: long } })
    expect(bytes(task())).toBeLessThanOrEqual(65_536)
    expect(new Set(codes())).toEqual(new Set(['limit_reached']))
    expect(task()).not.toHaveProperty('metadata')
    tracker.updateTask('a', { status: 'failed', error: { message: dear, code: dear } })
    expect(task()).toMatchObject({ status: 'failed' })
    expect(bytes(task())).toBeLessThanOrEqual(65_536)
    expect(parseSnapshot(JSON.stringify(tracker.serialize())).rejected).toEqual([])
  })

  it('that is larger is refused at the door', () => {
    const metadata = { a: 'x'.repeat(2_000) }
    const outputs = (length: number, size: number) => Array.from({ length }, () => 'x'.repeat(size))
    expect(parseRecords({ tasks: [taskOf({ outputs: outputs(10, 1_000), metadata })] }).rejected).toEqual([])
    for (const fields of [
      { outputs: outputs(20, 1_000) },
      {
        metadata: Object.fromEntries(
          Array.from({ length: 20 }, (_, index) => [`k${index}`, 'é'.repeat(1_000)]),
        ),
      },
      {
        outputs: outputs(10, 1_500),
        outputUrl: '\u0001'.repeat(8_000),
        job: { provider: 'p', id: 'j', url: '\u0001'.repeat(4_000) },
      },
    ])
      expect(parseRecords({ tasks: [taskOf(fields)] }).rejected).toHaveLength(1)
  })
})

describe('the law of the doors', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ maxLength: 20 }),
    oneOf(
      '',
      'x'.repeat(3_000),
      '\u0001'.repeat(2_000),
      '\ud800',
      'a\0b',
      'data:image/png;base64,QUJD',
      'Data: x',
      '__proto__',
    ),
  )
  const hostile: fc.Arbitrary<unknown> = fc.oneof(
    text,
    fc.double(),
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
    }),
    oneOf<unknown>(
      undefined,
      null,
      2 ** 53,
      -5,
      1e300,
      Number.NaN,
      trap('message'),
      new URL(url),
      new Error('no'),
      Symbol('s'),
      () => 1,
      12n,
      new Proxy({}, { ownKeys: () => [5] as never }),
    ),
  )
  const at = <T>(good: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 2, arbitrary: good as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: hostile })
  const patch = fc.record(
    {
      status: at(oneOf('starting', 'processing', 'succeeded', 'failed', 'canceled', 'interrupted')),
      attempt: at(fc.nat()),
      maxAttempts: at(fc.nat()),
      stage: at(text),
      progress: at(fc.double()),
      completedAt: at(fc.double()),
      outputUrl: at(text),
      outputs: at(fc.array(hostile)),
      error: hostile,
      job: at(fc.record({ provider: at(text), id: at(text), url: hostile }, { requiredKeys: [] })),
      metadata: at(fc.dictionary(text, hostile)),
    },
    { requiredKeys: [] },
  )
  const id = oneOf('a', 'b', 'c')
  const call = fc.oneof(
    fc.record({ do: oneOf('add' as const), id, patch }),
    fc.record({ do: oneOf('update' as const), id, patch }),
    fc.record({ do: oneOf('track' as const), id, patch }),
    fc.record({
      do: oneOf('title' as const, 'characters' as const, 'facts' as const, 'unavailable' as const),
      id,
      patch: hostile,
    }),
    fc.record({ do: oneOf('characters' as const), id, patch: fc.array(fc.record({ id, name: hostile })) }),
    fc.record({
      do: oneOf('facts' as const),
      id,
      patch: fc.record({ at: hostile, done: fc.record({ trailer: hostile, portrait: at(fc.array(id)) }) }),
    }),
    fc.record({ do: oneOf('dismiss' as const, 'cancel' as const, 'rename' as const), id, patch: hostile }),
    fc.record({
      do: oneOf('clock' as const),
      id,
      patch: fc.oneof(fc.double(), oneOf(limits.time, limits.time - 1, 0)),
    }),
    fc.record({
      do: oneOf('merge' as const),
      id,
      patch: fc.record({
        rev: oneOf(1, 2 ** 52, 2 ** 52 - 1),
        attempt: oneOf(1, 2 ** 52),
        startedAt: oneOf(1, limits.time),
        status: oneOf('failed', 'processing', 'interrupted'),
      }),
    }),
  )

  it('is that after any calls, whatever they are given, none refuses what was written', async () => {
    await assertLaw(
      fc.asyncProperty(fc.array(call, { maxLength: 12, size: 'max' }), async (calls) => {
        let time: unknown = start
        const tracker = createTracker({ pipeline: showPipeline, clock: () => time as number, by: 'me' })
        tracker.on('error', () => {})
        const open = deferred()
        for (const { do: what, id: given, patch: value } of calls) {
          try {
            const show = tracker.show(given)
            const any = value as never
            if (what === 'add')
              tracker.addTask(
                Object.assign({}, value, { id: given, showId: given, type: 'trailer' as const }) as never,
              )
            if (what === 'update') tracker.updateTask(given, any)
            if (what === 'track')
              void show.track('portrait', (run) => (run.update(any), open.promise), {
                characterId: given,
                ...(value as object),
              })
            if (what === 'title') show.setTitle(any)
            if (what === 'characters') show.setCharacters(any)
            if (what === 'facts') show.setFacts(any)
            if (what === 'unavailable') show.setUnavailable(any)
            if (what === 'dismiss') tracker.dismiss({ showId: given })
            if (what === 'cancel') tracker.cancel({ showId: given }, any)
            if (what === 'rename') tracker.renameShow(given, 'd')
            if (what === 'clock') time = value
            if (what === 'merge')
              tracker.merge(
                parseRecords({
                  tasks: [
                    taskOf({
                      id: given,
                      showId: given,
                      type: 'trailer',
                      updatedAt: start,
                      ...(value as object),
                    }),
                  ],
                }),
              )
          } catch (error) {
            if (!(error instanceof CallsheetError)) throw error
            expect(['invalid_id', 'unknown_step']).toContain(error.code)
          }
        }
        const snapshot = tracker.serialize()
        const parsed = parseSnapshot(JSON.stringify(snapshot))
        expectSame(parsed.rejected, [])
        expectSame(parsed.tasks.length, snapshot.tasks.length)
      }),
      { share: 0.5 },
    )
  })
})
