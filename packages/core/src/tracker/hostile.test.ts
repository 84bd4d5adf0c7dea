import { afterEach, describe, expect, it } from 'vitest'
import { draft } from '../draft.ts'
import { CallsheetError } from '../records/errors.ts'
import { ParseError, parseRecords, parseSnapshot } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { logSink, memorySink } from './sink.ts'
import { createTracker } from './tracker.ts'

function setup() {
  const sink = memorySink()
  const lines: string[] = []
  const log = (fields: object) => void lines.push(JSON.stringify(fields))
  const tracker = createTracker({
    pipeline: showPipeline,
    clock: () => 1_000_000,
    by: 'me',
    sinks: [sink, logSink({ info: log, error: log })],
  })
  const errors: Error[] = []
  tracker.on('error', ({ error }) => errors.push(error))
  return { tracker, sink, lines, errors }
}

type Tracker = ReturnType<typeof setup>['tracker']

/** What comes back through JSON and every door: nothing may be refused on the way. */
function reload(tracker: Tracker) {
  const parsed = parseSnapshot(JSON.stringify(tracker.serialize()), { pipeline: showPipeline })
  expect(parsed.rejected).toEqual([])
  const next = setup().tracker
  next.restore(parsed)
  expect(next.serialize()).toEqual(tracker.serialize())
  return next
}

const names = Object.getOwnPropertyNames(Object.prototype).toSorted()
const expectClean = () => {
  expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(names)
  const bare = {} as Record<string, unknown>
  for (const name of ['polluted', 'status', 'showId', 'isAdmin', 'removed'])
    expect(bare[name]).toBeUndefined()
  expect(([] as unknown as Record<string, unknown>)['polluted']).toBeUndefined()
}

afterEach(expectClean)

describe('ids that work', () => {
  it.each([
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '__defineGetter__',
    'then',
    'toJSON',
    'length',
    'undefined',
    'null',
    'NaN',
    '0',
    '-1',
    ' ',
    ' a b ',
    '🎬',
    '👨‍👩‍👧',
    'ﷺ',
    '日本語',
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE tasks; --",
    '../../etc/passwd',
    '${7*7}',
    'a\u2028b',
    '\u202egnp.exe',
    '\ufeff',
    '\ufffe',
    'x'.repeat(256),
  ])('%j as show, character and task', (id) => {
    const { tracker } = setup()
    const show = tracker.show(id)
    show.setTitle(id)
    show.setCharacters([{ id, name: id }])
    expect(show.track('portrait', () => 1, { characterId: id, id })).toBe(1)
    show.setFacts({ done: { video: [id] } })
    expect(tracker.getTask(id)).toMatchObject({ id, showId: id, characterId: id, status: 'succeeded' })
    const view = tracker.getPipeline(id)
    expect(view).toMatchObject({ showId: id, title: id, characters: [{ id, name: id }] })
    expect(view.step('portrait')).toMatchObject({ total: 1, completed: 1 })
    expect(view.step('video')).toMatchObject({ total: 1, completed: 1 })
    expect(view.step('portrait').task(id)?.id).toBe(id)
    expect(tracker.getTasks({ showId: id, type: 'portrait', characterId: id })).toHaveLength(1)
    expect(tracker.has({ showId: id, type: 'portrait', characterId: id }, 'done')).toBe(true)
    const next = reload(tracker)
    expect(next.getPipeline(id)).toEqual(view)
    tracker.renameShow(id, 'plain')
    expect(tracker.getPipeline(id).showId).toBe('plain')
    tracker.renameShow('other', id)
    expect(tracker.getPipeline('other').showId).toBe('plain')
    expect(tracker.dismiss(id)).toBe(1)
    expect(tracker.getTask(id)).toBeUndefined()
    reload(tracker)
  })

  it('do not meet, however alike they look', () => {
    const { tracker } = setup()
    const alike = ['é', 'e\u0301', 'a', 'A', 'a ', ' a', 'а']
    for (const id of alike) tracker.show(id).track('portrait', () => 1, { characterId: id, id })
    expect(tracker.getPipelines()).toHaveLength(alike.length)
  })
})

describe('ids that do not work', () => {
  const bad: [string, unknown][] = [
    ['the empty text', ''],
    ['NUL', 'a\0b'],
    ['a lone high surrogate', '\ud800'],
    ['a lone low surrogate', 'a\udfff'],
    ['a line break', 'a\nb'],
    ['a tab', '\t'],
    ['an escape', '\u001b[31m'],
    ['DEL', '\u007f'],
    ['a C1 control', '\u0085'],
    ['257 characters', 'x'.repeat(257)],
    ['10 kB', 'x'.repeat(10_240)],
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['NaN', Number.NaN],
    ['true', true],
    ['a bigint', 5n],
    ['a symbol', Symbol('s')],
    ['an object', { toString: () => 'a' }],
    ['a bare object', Object.create(null)],
    ['a list', ['a']],
    ['a String object', Object('a')],
    ['a function', () => 'a'],
  ]

  it.each(bad)('say so clearly wherever they are given: %s', (_what, given) => {
    const { tracker } = setup()
    const id = given as string
    const show = tracker.show('s')
    const attempts = [
      () => tracker.show(id),
      () => tracker.addTask({ showId: id, type: 'trailer' }),
      () => tracker.addTask({ showId: 's', type: 'portrait', characterId: id }),
      () => tracker.addTask({ showId: 's', type: id as 'trailer' }),
      () => tracker.renameShow(id, 's'),
      () => tracker.renameShow('s', id),
      () => tracker.has({ showId: id, type: 'trailer' }, 'done'),
      () => show.setCharacters([{ id }]),
      () => show.setFacts({ done: { portrait: [id] } }),
      () => show.setFacts({ done: {}, characters: [{ id }] }),
      () => show.setUnavailable([id as 'trailer']),
      ...(given === undefined
        ? []
        : [
            () => tracker.addTask({ id, showId: 's', type: 'trailer' }),
            () => createTracker({ pipeline: showPipeline, by: id ?? '' }),
          ]),
    ]
    for (const [index, attempt] of attempts.entries()) {
      expect(attempt, `attempt ${index}`).toThrow(CallsheetError)
      expect(attempt, `attempt ${index}`).toThrow(/^Invalid \w+ |^Unknown step/)
    }
    expect(tracker.serialize()).toMatchObject({ tasks: [], shows: [] })
  })

  it.each(bad)('say so as well where something is asked or ended: %s', (_what, given) => {
    const { tracker } = setup()
    const id = given as string
    const attempts = [
      () => tracker.cancel({ showId: id }),
      () => tracker.dismiss({ showId: id }),
      () => tracker.getTasks({ showId: id }),
      // The hooks read the empty view by an empty id, before a show exists.
      ...(given === '' ? [] : [() => tracker.getPipeline(id)]),
      () => tracker.updateTask(id, { stage: 's' }),
      ...(given === undefined ? [] : [() => tracker.subscribe(() => {}, { showId: id })]),
      ...(typeof id === 'string' ? [() => tracker.getTask(id), () => tracker.cancel(id)] : []),
    ]
    for (const [index, attempt] of attempts.entries())
      expect(attempt, `attempt ${index}`).toThrow(expect.objectContaining({ code: 'invalid_id' }))
  })

  it.each(bad)('are refused at the door: %s', (_what, id) => {
    const task = {
      showId: 's',
      type: 'trailer',
      status: 'failed',
      attempt: 1,
      startedAt: 1,
      updatedAt: 1,
      rev: 1,
    }
    const tasks = ['id', 'showId', 'type', 'by'].map((name) => ({ id: 't', by: 'me', ...task, [name]: id }))
    const shows = [{ showId: id, pipeline: 'show' }]
    expect(parseRecords({ tasks, shows }).rejected).toHaveLength(5)
  })

  it.each([{ portrait: 'ada' }, { portrait: false }, { portrait: { ada: true } }, { portrait: null }])(
    'invalid facts are reported, and the others count: %j',
    (done) => {
      const { tracker, errors } = setup()
      tracker.show('s').setFacts({ done: { trailer: true, ...done } as never })
      expect(errors).toEqual([expect.objectContaining({ code: 'invalid_field' })])
      expect(errors[0]!.message).toMatch(
        /Show "s": "facts.done.portrait" was dropped: expected true or a list/,
      )
      expect(tracker.getPipeline('s').step('trailer').status).toBe('succeeded')
    },
  )
})

describe('texts', () => {
  const cases: [string, string, unknown][] = [
    ['HTML', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['emoji', '🎬👨‍👩‍👧', '🎬👨‍👩‍👧'],
    ['__proto__', '__proto__', '__proto__'],
    ['line breaks', 'a\r\nb', 'a\r\nb'],
    ['NUL', 'a\0b', 'a\ufffdb'],
    ['lone surrogates', '\udc00a\ud800', '\ufffda\ufffd'],
    ['2,001 characters', 'x'.repeat(2_001), `${'x'.repeat(2_000)}… [2001 characters]`],
    ['10 MB', 'y'.repeat(1e7), `${'y'.repeat(2_000)}… [10000000 characters]`],
    ['10 MB of NULs', '\0'.repeat(1e7), `${'\ufffd'.repeat(2_000)}… [10000000 characters]`],
  ]
  it.each(cases)('of %s are kept, cleaned and cut, in every field', (_what, text, expected) => {
    const { tracker, lines } = setup()
    const show = tracker.show('s')
    show.setTitle(text)
    show.setCharacters([{ id: 'ada', name: text }])
    const id = tracker.addTask({
      showId: 's',
      type: 'trailer',
      stage: text,
      metadata: { text, list: [text] },
    })!.id
    expect(tracker.getTask(id)).toMatchObject({
      stage: expected,
      metadata: { text: expected, list: [expected] },
    })
    tracker.updateTask(id, { status: 'failed', error: new Error(text), job: { provider: text, id: text } })
    expect(tracker.getTask(id)).toMatchObject({ error: { message: expected } })
    // Half a handle finds no job.
    expect(tracker.getTask(id)!.job?.id).toBe(text.length > 2_000 ? undefined : expected)
    expect(show.getPipeline()).toMatchObject({ title: expected, characters: [{ name: expected }] })
    expect(reload(tracker).getTask(id)).toEqual(tracker.getTask(id))
    for (const line of lines) expect(line).not.toMatch(/[\n\r]/)
  })
})

describe('metadata', () => {
  const write = (metadata: unknown) => {
    const { tracker } = setup()
    const { id } = tracker.addTask({ showId: 's', type: 'trailer', metadata: metadata as never })!
    const next = reload(tracker)
    expect(next.getTask(id)).toEqual(tracker.getTask(id))
    return tracker.getTask(id)!.metadata!
  }
  const json =
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"a":{"__proto__":1}}'

  it('with __proto__ keys pollutes nothing, and keeps them as its own', () => {
    expect(JSON.stringify(write(JSON.parse(json)))).toBe(json)
    expectClean()
  })

  it('with __proto__ keys pollutes nothing as a patch, through an updater, a draft, and from outside', () => {
    const { tracker } = setup()
    const { id } = tracker.addTask({ showId: 's', type: 'trailer', metadata: { a: 1 } })!
    const patch = () => JSON.parse(json) as never
    tracker.updateTask(id, { metadata: patch() })
    tracker.updateTask(id, { metadata: (held: object) => ({ ...held, ...(patch() as object) }) as never })
    tracker.updateTask(id, {
      metadata: draft<Record<string, unknown>>((metadata) => {
        metadata['more'] = patch()
      }) as never,
    })
    expect(Object.getPrototypeOf(tracker.getTask(id)!.metadata)).toBe(Object.prototype)
    const held = JSON.stringify(tracker.serialize())
    const wide = held.replaceAll('"rev":', '"__proto__":{"polluted":true,"removed":true},"rev":')
    const next = setup().tracker
    next.restore(parseSnapshot(wide))
    expect(next.getTask(id)).toEqual(tracker.getTask(id))
  })

  it('that goes round in circles ends', () => {
    const loop: Record<string, unknown> = { a: 1 }
    loop['self'] = loop
    loop['other'] = { back: loop }
    loop['list'] = [loop, loop, [loop]]
    expect(write(loop)).toMatchObject({ a: 1, self: { a: 1 } })
  })

  it('of lists that hold themselves ends soon', () => {
    const list: unknown[] = []
    for (let index = 0; index < 10; index += 1) list.push(list)
    let wide: unknown[] = [1]
    for (let level = 0; level < 10; level += 1) wide = Array.from({ length: 1_000 }, () => wide)
    const begin = performance.now()
    const size = JSON.stringify([write({ list }), write({ wide })]).length
    expect(performance.now() - begin).toBeLessThan(2_000)
    expect(size).toBeLessThan(1_000_000)
  })

  it.each([31, 32, 33, 34, 40, 20_000])('%i levels deep is cut where the doors would refuse it', (depth) => {
    let [deep, list]: unknown[] = ['bottom', 'bottom']
    for (let level = 0; level < depth; level += 1) {
      deep = { at: level, deep }
      list = [level, list]
    }
    write({ deep, list })
    write(deep)
  })

  it('of 10,000 keys is cut to 256', () => {
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index]))
    expect(Object.keys(write(wide))).toHaveLength(256)
    expect(JSON.stringify(write({ a: wide, b: wide })).length).toBeLessThan(10_000)
  })

  it('with keys that are too long or broken has them cleaned', () => {
    const keys = Object.keys(write({ ['k'.repeat(5_000)]: 1, 'a\0b': 2, '\ud800': 3, '': 4 }))
    expect(keys).toEqual([`${'k'.repeat(200)}… [5000 characters]`, 'a\ufffdb', '\ufffd', ''])
  })

  it('with what JSON cannot carry keeps what it can', () => {
    const given = {
      call: () => 1,
      big: 12n,
      date: new Date(0),
      map: new Map([[1, 2]]),
      bytes: new Uint8Array(3),
      error: new Error('no'),
      text: Object('text') as unknown,
      sparse: [1, , 3], // oxlint-disable-line no-sparse-arrays -- what an application may hand over
      toJSON: () => 'other',
    }
    expect(write(given)).toMatchObject({ big: '12', date: '1970-01-01T00:00:00.000Z', sparse: [1, null, 3] })
  })

  it.each([[[1, 2]], ['text'], [5], [null]])('that is not an object, %j, changes nothing', (metadata) => {
    write(metadata)
  })
})

describe('facts with a __proto__ key', () => {
  const done = () => JSON.parse('{"__proto__":["polluted"],"constructor":true,"trailer":true}') as never

  it('pollute nothing, and survive', () => {
    const { tracker } = setup()
    expect(() => tracker.show('s').setFacts({ done: done() })).toThrow(/Unknown step "__proto__"/)
    const facts = { value: { at: 1, done: done() as object }, rev: 1, by: 'you' }
    tracker.merge(parseRecords({ shows: [{ showId: 's', pipeline: 'show', facts }] }))
    expect(tracker.getPipeline('s').step('trailer').status).toBe('succeeded')
    const parsed = parseSnapshot(JSON.stringify(tracker.serialize()))
    expect(parsed.rejected).toEqual([])
    const next = setup().tracker
    next.restore(parsed)
    expect(next.getPipeline('s')).toEqual(tracker.getPipeline('s'))
    expect(JSON.stringify(next.serialize())).toBe(JSON.stringify(tracker.serialize()))
  })
})

describe('secrets', () => {
  const secrets = ['sk-abcdefghijklmnopqrstuvwx', 'r8_0123456789abcdefghijKLMN', 'Bearer abcdef1234567890']

  it('planted in every free text are found in no record, no snapshot and no log', () => {
    const { tracker, sink, lines } = setup()
    const show = tracker.show('s')
    for (const secret of secrets) {
      show.setTitle(`title ${secret}`)
      show.setCharacters([{ id: 'ada', name: `name ${secret}` }])
      const cause = new Error(secret)
      expect(() =>
        show.track('trailer', (run) => {
          run.stage(secret)
          run.update({ metadata: { [secret]: secret, apiKey: secret, deep: [{ note: `so ${secret}` }] } })
          run.job({ provider: secret, id: 'j' })
          run.nextAttempt(secret)
          throw Object.assign(new Error(`failed with ${secret}`, { cause }), { code: secret })
        }),
      ).toThrow('failed')
    }
    const written = JSON.stringify([tracker.serialize(), sink.changes, lines])
    for (const secret of secrets) expect(written).not.toContain(secret)
  })
})

describe('a damaged snapshot', () => {
  /** A small generator of numbers, so that each run mutates alike (mulberry32). */
  function random(seed: number) {
    let state = seed
    return (below: number) => {
      state = (state + 0x6d2b79f5) | 0
      let t = Math.imul(state ^ (state >>> 15), 1 | state)
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
      return ((t ^ (t >>> 14)) >>> 0) % below
    }
  }

  const original = (): string => {
    const { tracker } = setup()
    for (const id of ['a', 'b', '__proto__']) {
      const show = tracker.show(id)
      show.setTitle(`Title of ${id}`)
      show.setCharacters([{ id: 'ada', name: 'Ada' }, { id: 'constructor' }])
      show.setFacts({ done: { portrait: ['ada'], trailer: true } })
      show.setUnavailable(['video'])
      show.track('show-generation', ({ nextAttempt }) => nextAttempt('no'), {
        metadata: { a: { b: [1, 'x'] } },
      })
      tracker.addTask({ showId: id, type: 'portrait', characterId: 'ada', progress: 5, stage: 's' })
      show.track('trailer', () => 1, { result: () => ({ outputUrl: 'https://a.example/t.mp4?sig=x' }) })
      show.track('library-poster', () => 1)
      tracker.dismiss({ showId: id, type: 'library-poster' })
    }
    tracker.renameShow('b', 'a')
    return JSON.stringify(tracker.serialize())
  }

  const poison: readonly unknown[] = [
    null,
    '',
    '__proto__',
    'a\0b',
    '\ud800',
    'x'.repeat(3_000),
    'data:text/html,<script>',
    'javascript:alert(1)',
    0,
    -1,
    1.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    true,
    [],
    {},
    [null, [[]]],
    JSON.parse('{"__proto__":{"polluted":true}}'),
    { constructor: { prototype: { polluted: true } } },
    JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`),
    'canceled',
    'removed',
  ]

  /** Changes one place, wherever it is. */
  function mutate(value: unknown, pick: (below: number) => number): unknown {
    if (value === null || typeof value !== 'object' || pick(12) === 0) return poison[pick(poison.length)]
    const entries = Object.entries(value)
    const [name] = entries[pick(entries.length || 1)] ?? ['added']
    const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>
    const kind = pick(8)
    if (kind === 0) delete copy[name]
    else if (kind === 1)
      Object.defineProperty(copy, '__proto__', {
        value: { polluted: true },
        enumerable: true,
        configurable: true,
      })
    else copy[name] = mutate(copy[name], pick)
    return copy
  }

  it('2,000 times over throws nothing but a ParseError, pollutes nothing, and keeps the good records', () => {
    const text = original()
    const whole = JSON.parse(text) as { tasks: object[]; shows: object[] }
    const counts = { unreadable: 0, damaged: 0, whole: 0 }
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const pick = random(seed)
      let damaged: unknown = whole
      for (let times = 1 + pick(3); times > 0; times -= 1) damaged = mutate(damaged, pick)
      let input: unknown = pick(2) === 0 ? damaged : JSON.stringify(damaged)
      if (typeof input === 'string' && pick(10) === 0) input = input.slice(0, pick(input.length))
      const untouched = new Set<unknown>([...whole.tasks, ...whole.shows])
      const { tasks = [], shows = [] } = (damaged ?? {}) as { tasks?: unknown; shows?: unknown }
      const good = [tasks, shows].flat().filter((record) => untouched.has(record)).length
      let parsed
      try {
        parsed = parseSnapshot(input, { pipeline: showPipeline })
      } catch (error) {
        if (!(error instanceof ParseError)) throw new Error(`seed ${seed}`, { cause: error })
        counts.unreadable += 1
        continue
      }
      counts[parsed.rejected.length > 0 ? 'damaged' : 'whole'] += 1
      if (parsed.tasks.length + parsed.shows.length < good) expect.fail(`seed ${seed} lost good records`)
      const { tracker } = setup()
      tracker.restore(parsed)
      // What was taken in can be seen, gone on with, and saved again without a loss.
      for (const view of tracker.getPipelines())
        JSON.stringify([view, ...view.steps.map((step) => step.slots)])
      tracker.show('a').track('trailer', () => 1)
      tracker.addTask({ showId: 'b', type: 'portrait', characterId: 'ada' })
      tracker.cancel({ showId: 'a' })
      const again = parseSnapshot(JSON.stringify(tracker.serialize()))
      if (again.rejected.length > 0) expect.fail(`seed ${seed}: ${JSON.stringify(again.rejected)}`)
    }
    expectClean()
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(50)
  })

  it('deep beyond all measure is refused, not followed', () => {
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
    const text = original().replace('"metadata":{', `"metadata":{"deep":${deep},`)
    const { tasks, rejected } = parseSnapshot(text)
    expect(rejected).toHaveLength(1)
    expect(tasks.length).toBe(11)
    for (const whole of [`{"tasks":${deep}}`, `{"v":${deep}}`, '['.repeat(100_000)])
      expect(() => parseRecords(whole)).toThrow(ParseError)
    expect(parseRecords(`{"tasks":[${deep}],"shows":[${deep}]}`).rejected).toHaveLength(2)
  })
})
