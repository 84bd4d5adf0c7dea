import * as z from 'zod'
import { describe, expect, it, vi } from 'vitest'
import { definePipeline, type StandardSchema } from '../records/pipeline.ts'
import { ParseError, parseRecords, parseSnapshot } from './schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'
import { taskOf, tombstoneOf } from '../testing.ts'
import { createTracker } from '../tracker/tracker.ts'

const task = taskOf({ characterId: 'ada', stepNumber: 4, updatedAt: 2 })
const tombstone = tombstoneOf({ id: 't2', rev: 3 })
const show = { showId: 's', pipeline: 'show', title: { value: 'Neon Noir', rev: 1, by: 'me' } }
const reasons = (records: { rejected: readonly { reason: string }[] }) =>
  records.rejected.map(({ reason }) => reason)

describe('parseRecords', () => {
  it('reads tasks, tombstones and shows, as an object or as its text', () => {
    const given = { v: 1, tasks: [task, tombstone], shows: [show] }
    for (const input of [given, JSON.stringify(given)]) {
      expect(parseRecords(input)).toMatchObject({ tasks: [task, tombstone], shows: [show], rejected: [] })
    }
  })

  it('reads the tombstone of a dismissed task whole or not at all: without its slot it would be that of a reset', () => {
    const slot = { type: 'portrait', characterId: 'ada', startedAt: 1, status: 'failed' } as const
    const dismissed = { ...tombstone, ...slot }
    const { characterId: _characterId, ...perShow } = dismissed
    expect(parseRecords({ tasks: [dismissed, perShow] }).tasks).toEqual([dismissed, perShow])
    for (const bad of [
      { status: 'processing' },
      { status: undefined },
      { startedAt: undefined },
      { startedAt: 'now' },
      { type: undefined },
      { characterId: '' },
    ])
      expect(parseRecords(JSON.stringify({ tasks: [{ ...dismissed, ...bad }] }))).toMatchObject({
        tasks: [],
        rejected: [{ index: 0, kind: 'task' }],
      })
  })

  it('stops after 1,000 rejections, and says how many records it has not looked at', () => {
    const records = parseRecords({ tasks: [...Array<null>(5_000).fill(null), task], shows: [show] })
    expect(records.rejected).toHaveLength(1_000)
    expect(records.skipped).toBe(4_001)
    expect(records.shows).toHaveLength(1)
    expect(parseRecords({ tasks: [task, null] }).skipped).toBe(0)
  })

  it('reads a set with nothing in it', () => {
    expect(parseRecords({})).toMatchObject({ tasks: [], shows: [], rejected: [] })
  })

  it('freezes what it reads and leaves out fields that are no part of a record', () => {
    const [read] = parseRecords({ tasks: [{ ...task, isAdmin: true }] }).tasks
    expect(read).toEqual(task)
    expect(Object.isFrozen(read)).toBe(true)
  })

  it('sets bad records aside, with their places and reasons, and takes the rest', () => {
    const records = parseRecords({
      tasks: [task, { ...task, id: '' }, { ...task, id: 't3' }, null, 'text', { ...task, status: 'queued' }],
      shows: [{ ...show, title: 'bare' }, show],
    })
    expect(records.tasks.map(({ id }) => id)).toEqual(['t1', 't3'])
    expect(records.shows).toHaveLength(1)
    expect(records.rejected.map(({ kind, index }) => [kind, index])).toEqual([
      ['show', 0],
      ['task', 1],
      ['task', 3],
      ['task', 4],
      ['task', 5],
    ])
    for (const reason of reasons(records)) expect(reason).not.toBe('')
  })

  it('sets aside what belongs to another pipeline, and takes the rest', () => {
    const foreign = { ...show, showId: 'f', pipeline: 'storyboard' }
    const gone = tombstoneOf({ id: 't5', showId: 'f', type: 'keyframe', startedAt: 1, status: 'failed' })
    const tasks = [task, { ...task, id: 't4', showId: 'f', type: 'keyframe' }, gone]
    const records = parseRecords({ tasks, shows: [foreign, show] }, { pipeline: showPipeline })
    expect(records.tasks.map(({ id }) => id)).toEqual(['t1'])
    expect(records.shows.map(({ showId }) => showId)).toEqual(['s'])
    expect(reasons(records)).toEqual([
      'it belongs to the pipeline "storyboard"',
      'it belongs to another pipeline',
      'it belongs to another pipeline',
    ])
    expect(parseRecords({ tasks, shows: [foreign, show] }).rejected).toEqual([])
    const whole = parseSnapshot(
      { v: 1, pipeline: 'storyboard', tasks, shows: [] },
      { pipeline: showPipeline },
    )
    // A type of our own is not lost with the name of a pipeline.
    expect(whole.tasks.map(({ id }) => id)).toEqual(['t1'])
    expect(whole.rejected).toHaveLength(2)
  })

  it.each([
    ['no id', { id: undefined }],
    ['an id of control characters', { id: 'a\nb' }],
    ['a showId of 257 characters', { showId: 'x'.repeat(257) }],
    ['a characterId with a lone surrogate', { characterId: '\ud800' }],
    ['an attempt 0', { attempt: 0 }],
    ['a rev that is not a whole number', { rev: 1.5 }],
    ['no rev', { rev: undefined }],
    ['a progress of 101', { progress: 101 }],
    ['a progress of -1', { progress: -1 }],
    ['a progress of 1.5', { progress: 1.5 }],
    ['a negative time', { updatedAt: -1 }],
    ['a time as text', { startedAt: '2026-01-01' }],
    ['a time after all calendars', { updatedAt: 1e300 }],
    ['a data: URL', { outputUrl: 'data:image/png;base64,QUJD' }],
    ['a data: URL behind a space', { outputUrl: ' data:image/png;base64,QUJD' }],
    ['a data: URL among the outputs', { outputs: ['https://a.example', 'DATA:,x'] }],
    ['a stage of 10,000 characters', { stage: 'x'.repeat(10_000) }],
    ['an error that is a text', { error: 'no' }],
    ['a NUL in an error', { error: { message: '\0' } }],
    ['metadata that is a list', { metadata: [] }],
    ['metadata that is null', { metadata: null }],
    [
      'metadata with 257 keys',
      { metadata: Object.fromEntries([...Array(257).keys()].map((key) => [key, 1])) },
    ],
    [
      'metadata 40 levels deep',
      { metadata: JSON.parse('{"a":'.repeat(40) + '1' + '}'.repeat(40)) as object },
    ],
    ['metadata with a function', { metadata: { call: () => 1 } }],
  ])('refuses a task with %s', (_what, wrong) => {
    expect(parseRecords({ tasks: [{ ...task, ...wrong }] })).toMatchObject({
      tasks: [],
      rejected: [{ index: 0, kind: 'task' }],
    })
  })

  it('throws a ParseError for anything but a set of records', () => {
    for (const input of [
      '',
      '{',
      'null',
      null,
      undefined,
      1,
      [],
      '[]',
      { tasks: 1 },
      { shows: {} },
      { v: '2' },
    ]) {
      expect(() => parseRecords(input), JSON.stringify(input)).toThrow(ParseError)
    }
  })

  it('quotes nothing of a text that is not JSON', () => {
    let thrown: unknown
    try {
      parseRecords('hunter2')
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({
      code: 'parse_failed',
      message: 'Cannot parse records: the text is not valid JSON.',
    })
    expect((thrown as Error).cause).toBeUndefined()
  })

  it('throws a ParseError at an object that cannot be read', () => {
    const trap = {
      get tasks(): unknown {
        throw new Error('trap')
      },
    }
    expect(() => parseRecords(trap)).toThrow(ParseError)
  })

  it('rejects records of a newer version, and tells what to do', () => {
    expect(() => parseRecords({ v: 2, tasks: [task] })).toThrow(
      /records of version 2: expected at most 1.*Update/,
    )
  })

  describe('with a pipeline', () => {
    const pipeline = definePipeline({
      id: 'p',
      steps: [
        { type: 'portrait', label: 'Portrait', per: 'character', metadata: z.object({ title: z.string() }) },
      ],
      extra: [{ type: 'zip', metadata: z.object({ files: z.number() }) }],
    })

    it("checks metadata by its step's schema", () => {
      const tasks = [
        { ...task, metadata: { title: 'T' } },
        { ...task, metadata: { title: 1 } },
        task,
        { ...task, type: 'zip', metadata: { files: 'many' } },
        { ...task, type: 'other', metadata: { title: 1 } },
      ]
      const records = parseRecords({ tasks }, { pipeline })
      expect(records.tasks).toHaveLength(3)
      expect(records.rejected.map(({ index }) => index)).toEqual([1, 3])
      expect(reasons(records)[0]).toMatch(/^metadata: /)
    })

    it('refuses metadata whose schema is asynchronous, rejects, or throws', async () => {
      const schema = (validate: () => never): StandardSchema => ({
        '~standard': { version: 1, vendor: 'test', validate },
      })
      const steps = (metadata: StandardSchema) =>
        definePipeline({ id: 'p', steps: [{ type: 'portrait', label: 'P', per: 'character', metadata }] })
      const later = steps(schema(() => Promise.resolve({ value: 1 }) as never))
      const rejecting = steps(schema(() => Promise.reject(new Error('later')) as never))
      const broken = steps(
        schema(() => {
          throw new Error('broken schema')
        }),
      )
      const given = { tasks: [{ ...task, metadata: {} }] }
      const unhandled = vi.fn<(reason: unknown) => void>()
      process.on('unhandledRejection', unhandled)
      for (const pipeline of [later, rejecting])
        expect(reasons(parseRecords(given, { pipeline }))).toEqual([
          'metadata: expected a synchronous schema, got an asynchronous one',
        ])
      await new Promise((resolve) => setImmediate(resolve))
      process.off('unhandledRejection', unhandled)
      expect(unhandled).not.toHaveBeenCalled()
      expect(reasons(parseRecords(given, { pipeline: broken }))[0]).toMatch(/broken schema/)
    })
  })
})

describe('parseSnapshot', () => {
  it('reads what serialize made, through JSON, without a loss', () => {
    const tracker = createTracker({ pipeline: showPipeline, clock: () => 5_000 })
    const neon = tracker.show('neon-noir')
    neon.setTitle('Neon Noir')
    neon.setCharacters([{ id: 'ada', name: 'Ada' }])
    neon.setFacts({ done: { portrait: ['ada'], trailer: true } })
    neon.track('show-generation', () => 1, { metadata: { model: 'm' } })
    const snapshot = tracker.serialize()
    const parsed = parseSnapshot(JSON.stringify(snapshot), { pipeline: showPipeline })
    expect(parsed.rejected).toEqual([])
    expect(parsed.savedAt).toBe(5_000)
    expect(parsed.tasks).toEqual(snapshot.tasks)
    expect(parsed.shows).toEqual(snapshot.shows)
  })
})
