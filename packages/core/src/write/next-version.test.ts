import { describe, expect, it, vi } from 'vitest'
import { createRedactor } from './redact.ts'
import type { TaskRecord } from '../records/task.ts'
import { firstVersion, nextVersion, type TaskPatch } from './next-version.ts'

const redactor = createRedactor()
const report = vi.fn<(error: unknown) => void>()
const fixed = { id: 't', showId: 's', type: 'portrait', characterId: 'ada', stepNumber: 4, startedAt: 100 }
const first = (patch: object = {}, now = 100): TaskRecord =>
  firstVersion(fixed, patch as TaskPatch<never>, { now, by: 'me', definition: undefined, redactor, report })
const next = (held: TaskRecord, patch: object, now = 200, by = 'me', secret: string[] = []): TaskRecord =>
  nextVersion(held, patch as TaskPatch<never>, { now, by, definition: { secret }, redactor, report })

describe('firstVersion', () => {
  it('has no empty fields', () => {
    expect(first()).toEqual({ ...fixed, status: 'starting', attempt: 1, updatedAt: 100, rev: 1, by: 'me' })
  })

  it('is frozen', () => {
    expect(Object.isFrozen(first({ error: 'no', job: { provider: 'p', id: 'j' } }))).toBe(true)
  })
})

describe('nextVersion', () => {
  it('leaves the old version as it was, and counts up', () => {
    const old = first()
    const task = next(old, { status: 'processing' }, 150, 'you')
    expect(old).toMatchObject({ status: 'starting', rev: 1, by: 'me', updatedAt: 100 })
    expect(task).toMatchObject({ status: 'processing', rev: 2, by: 'you', updatedAt: 150, startedAt: 100 })
  })

  it.each([{ progress: 10 }, { stage: 'upscaling' }, { job: { provider: 'p', id: 'j' } }])(
    'takes %o for a sign of life of what was interrupted',
    (patch) => {
      const lost = next(first({ status: 'processing' }), { status: 'interrupted' })
      expect(next(lost, patch).status).toBe('processing')
      expect(next(lost, { ...patch, status: 'interrupted' }).status).toBe('interrupted')
      expect(next(lost, { metadata: { seen: true } }).status).toBe('interrupted')
    },
  )

  it('never lowers the progress within an attempt, and keeps it whole and within 0 to 100', () => {
    const task = first({ progress: 40.9 })
    expect(task.progress).toBe(40)
    expect(next(task, { progress: 10 }).progress).toBe(40)
    expect(next(task, { progress: 1_000 }).progress).toBe(100)
    expect(first({ progress: -3 }).progress).toBe(0)
    for (const none of [Number.NaN, Infinity, 'much', {}]) {
      expect(first({ progress: none })).not.toHaveProperty('progress')
      expect(next(task, { progress: none, stage: 's' }).progress).toBe(40)
    }
  })

  it('begins the next attempt when a failed task goes on, without what belonged to the last one', () => {
    const failed = next(
      first({
        progress: 70,
        stage: 'upscaling',
        job: { provider: 'fal', id: 'j1' },
        metadata: { title: 'T' },
      }),
      { status: 'failed', error: 'no' },
    )
    const again = next(failed, { status: 'processing' }, 300)
    expect(again).toMatchObject({ attempt: 2, status: 'processing', metadata: { title: 'T' } })
    for (const name of ['progress', 'stage', 'job', 'error', 'completedAt'])
      expect(again).not.toHaveProperty(name)
  })

  it('accepts an attempt from 1', () => {
    expect(next(first(), { attempt: 3, maxAttempts: 8 })).toMatchObject({ attempt: 3, maxAttempts: 8 })
    expect(next(first(), { attempt: 0, stage: 's' }).attempt).toBe(1)
  })

  it('sets the finish once, and keeps it between the start and now', () => {
    const done = next(first(), { status: 'succeeded' }, 200)
    expect(done.completedAt).toBe(200)
    expect(next(done, { metadata: { seen: true } }, 9_000).completedAt).toBe(200)
    expect(next(first(), { status: 'failed', completedAt: 150 }).completedAt).toBe(150)
    expect(next(first(), { status: 'failed', completedAt: 5 }).completedAt).toBe(100)
    expect(next(first(), { status: 'failed', completedAt: 9e9 }).completedAt).toBe(200)
    expect(next(first(), { status: 'failed', completedAt: Number.NaN }).completedAt).toBe(200)
    // A clock that was set back.
    expect(next(first(), { status: 'succeeded' }, 50).completedAt).toBe(100)
  })

  it('ends with the stage gone, and with the error gone when it succeeds', () => {
    const failed = next(first({ stage: 'painting' }), { status: 'failed', error: 'no' })
    expect(failed).not.toHaveProperty('stage')
    expect(failed.error).toEqual({ message: 'no' })
    expect(next(failed, { status: 'succeeded' })).not.toHaveProperty('error')
  })

  it.each([
    ['a text', 'no', { message: 'no' }],
    ['an Error', new Error('no'), { message: 'no' }],
    ['an Error of a kind', new RangeError('no'), { message: 'no', code: 'RangeError' }],
    ['a body', { error: 'no', details: 'why' }, { message: 'no: why' }],
    ['a body with detail', { error: 'no', detail: 'why' }, { message: 'no: why' }],
    [
      'a body with messages',
      { error: 'no', messages: [{ instancePath: '/a', message: 'why' }] },
      { message: 'no: why' },
    ],
    [
      'a whole error',
      { message: 'no', code: 429, httpStatus: 429, retryable: true },
      { message: 'no', code: '429', httpStatus: 429, retryable: true },
    ],
    ['a status', { message: 'no', status: 503 }, { message: 'no', httpStatus: 503 }],
    ['an error within', { error: { message: 'no', code: 'c' } }, { message: 'no' }],
    ['nothing readable', {}, { message: 'failed' }],
    ['a number', 42, { message: '42' }],
  ])('reads an error that is given as %s', (_what, error, expected) => {
    expect(next(first(), { status: 'failed', error }).error).toEqual(expected)
  })

  it('marks a task failed whatever its error is made of', () => {
    const loop: Record<string, unknown> = {}
    loop['error'] = loop
    const lists: Record<string, unknown> = { messages: [] }
    ;(lists['messages'] as unknown[]).push(lists)
    const trap = {
      get message(): string {
        throw new Error('trap')
      },
    }
    for (const error of [loop, lists, trap, Object.create(null), Symbol('s'), 5n, [], () => 1]) {
      const task = next(first(), { status: 'failed', error })
      expect(task.status).toBe('failed')
      expect(task.error?.message).toEqual(expect.any(String))
    }
  })

  it('takes secrets out of errors and stages', () => {
    const task = next(first(), { status: 'failed', error: 'Incorrect API key sk-abcdefghijklmnopqrstuv' })
    expect(task.error?.message).toBe('Incorrect API key [redacted]')
    expect(next(first(), { stage: 'with Bearer abcdefghijk1' }).stage).toBe('with Bearer [redacted]')
  })

  it('merges metadata, and drops what the step calls secret', () => {
    const task = next(
      first({ metadata: { title: 'T', take: 1 } }),
      { metadata: { take: 2, prompt: 'p' } },
      200,
      'me',
      ['prompt'],
    )
    expect(task.metadata).toEqual({ title: 'T', take: 2 })
  })

  it('hands the metadata to an updater, which says all of what shall be', () => {
    const task = next(first({ metadata: { a: 1, b: 2 } }), {
      metadata: ({ a }: { a: number }) => ({ a: a + 1 }),
    })
    expect(task.metadata).toEqual({ a: 2 })
    expect(next(first(), { metadata: (held: object) => ({ ...held, a: 1 }) }).metadata).toEqual({ a: 1 })
  })

  it('keeps addresses with their query, and describes data: URLs in the metadata', () => {
    const task = next(first({ metadata: { title: 'T' } }), {
      outputUrl: `data:image/png;base64,${'A'.repeat(360_000)}`,
      outputs: ['https://a.example/1?sig=x', 'data:video/mp4;base64,QUJD'],
    })
    expect(task).not.toHaveProperty('outputUrl')
    expect(task.outputs).toEqual(['https://a.example/1?sig=x'])
    expect(task.metadata).toEqual({
      title: 'T',
      output: [
        { type: 'image/png', bytes: 270_000 },
        { type: 'video/mp4', bytes: 3 },
      ],
    })
    expect(JSON.stringify(task).length).toBeLessThan(500)
  })

  it.each([' data:image/png;base64,QUJD', '\n\tdata:image/png;base64,QUJD', '\u0001data:,x'])(
    'is not deceived by %j, which a browser reads as a data: URL',
    (outputUrl) => {
      expect(next(first(), { outputUrl })).not.toHaveProperty('outputUrl')
    },
  )

  it('does not keep an address of more than 8,192 characters', () => {
    expect(
      next(first(), { outputUrl: `https://a.example/${'x'.repeat(8_192)}`, stage: 's' }),
    ).not.toHaveProperty('outputUrl')
  })

  it('says nothing when nothing is new, and gives a sign of life after a second', () => {
    const task = first({ status: 'processing', progress: 10, stage: 's' })
    expect(next(task, { progress: 5, stage: 's' }, 1_099)).toBe(task)
    expect(next(task, {}, 1_099)).toBe(task)
    expect(next(task, {}, 1_100)).toMatchObject({ rev: 2, updatedAt: 1_100 })
  })

  it('drops an unknown status, names the known ones, and applies the rest', () => {
    expect(next(first(), { status: 'queued', progress: 5 })).toMatchObject({
      status: 'starting',
      progress: 5,
    })
    expect(report).toHaveBeenLastCalledWith(
      expect.objectContaining({
        code: 'invalid_field',
        message: expect.stringMatching(
          /^Task "t": "status" was dropped: expected starting, processing, succeeded, failed, canceled, interrupted; use "stage" for provider-specific states, got "queued"\.$/,
        ) as string,
      }),
    )
  })
})
