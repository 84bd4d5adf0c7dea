import { describe, expect, it } from 'vitest'
import { createTracker } from '../tracker/tracker.ts'
import { parseSnapshot } from '../schema/schema.ts'
import { showPipeline } from '../records/show-pipeline.ts'

function write(...patches: unknown[]) {
  const errors: Error[] = []
  const tracker = createTracker({ pipeline: showPipeline })
  tracker.on('error', ({ error }) => errors.push(error))
  tracker.addTask({ id: 'a', showId: 's', type: 'trailer' })
  for (const metadata of patches) tracker.updateTask('a', { metadata: metadata as never })
  const parsed = parseSnapshot(JSON.stringify(tracker.serialize()))
  expect(parsed.rejected).toEqual([])
  expect(parsed.tasks[0]).toEqual(tracker.getTask('a'))
  return { metadata: tracker.getTask('a')!.metadata, errors, messages: errors.map(({ message }) => message) }
}

class Money {
  amount = 12n
  toJSON() {
    return '12 EUR'
  }
}

describe('metadata', () => {
  it.each([
    ['bytes', new Uint8Array(4e6), '[Uint8Array, 4000000 bytes]'],
    ['a Buffer', Buffer.from('abc'), '[Uint8Array, 3 bytes]'],
    ['numbers of a kind', new Float64Array(2), '[Float64Array, 16 bytes]'],
    ['a buffer', new ArrayBuffer(1e8), '[ArrayBuffer, 100000000 bytes]'],
    ['a shared buffer', new SharedArrayBuffer(8), '[SharedArrayBuffer, 8 bytes]'],
    ['a view', new DataView(new ArrayBuffer(5)), '[DataView, 5 bytes]'],
    ['a Blob', new Blob(['abcd'], { type: 'image/png' }), '[image/png, 4 bytes]'],
    ['a File', new File(['ab'], 'a.bin'), '[File, 2 bytes]'],
    [
      'a Map',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, new Set(['x'])],
      ]),
      { a: 1, 2: ['x'] },
    ],
    ['a Set', new Set([1, 'a']), [1, 'a']],
    ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a Date that is none', new Date(Number.NaN), null],
    ['a URL', new URL('https://a.example/b?c=d'), 'https://a.example/b?c=d'],
    ['an Error', new RangeError('too far'), { message: 'too far', code: 'RangeError' }],
    ['a BigInt', 12n, '12'],
    ['what says itself how it looks', new Money(), '12 EUR'],
    ['NaN', Number.NaN, null],
    ['holes', [1, , 3], [1, null, 3]], // oxlint-disable-line no-sparse-arrays -- what an application may hand over
  ])('keeps %s in a plain form, and what stands beside it', (_what, value, expected) => {
    const given = { value, model: 'm', deep: { list: [value] } }
    expect(write(given)).toMatchObject({
      metadata: { value: expected, model: 'm', deep: { list: [expected] } },
      errors: [],
    })
  })

  it('loses a field that cannot be read, and no other, and says which', () => {
    const given = {
      model: 'm',
      get bad(): never {
        throw new Error('locked')
      },
      deep: {
        get worse(): never {
          throw new Error('locked too')
        },
      },
      title: 'T',
    }
    const { metadata, messages } = write({ held: 1 }, given)
    expect(metadata).toEqual({ held: 1, model: 'm', title: 'T' })
    expect(messages).toEqual([
      'Task "a": "metadata.bad" was dropped: reading it failed (locked).',
      'Task "a": "metadata.deep" was dropped: reading it failed (locked too).',
    ])
  })

  it('loses as a whole what does not fit into 24 KiB, and says which; what is held and what fits stays', () => {
    const raw = Array.from({ length: 100 }, () => 'x'.repeat(1_000))
    const { metadata, errors, messages } = write({ title: 'T' }, { raw, model: 'm' }, { raw: 'short' })
    expect(metadata).toEqual({ title: 'T', model: 'm', raw: 'short' })
    expect(messages).toEqual([
      'Task "a": "metadata.raw" was dropped: it does not fit into the 24 KiB of metadata.',
    ])
    expect(errors[0]).toMatchObject({ code: 'limit_reached' })
  })

  it.each([
    ['an object', (fields: object) => fields],
    ['a Map', (fields: object) => new Map(Object.entries(fields))],
    [
      'a list of objects',
      (fields: object) => Object.entries(fields).map(([name, value]) => ({ [name]: value })),
    ],
  ])('keeps the fields beside %s that has more than 256 keys', (_what, make) => {
    const wide = make(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, index])))
    const { metadata, messages } = write({ wide, model: 'gpt', seed: { at: 7 } })
    expect(metadata).toMatchObject({ model: 'gpt', seed: { at: 7 } })
    expect(JSON.stringify(metadata!['wide'])).toContain('"k200":200')
    expect(messages).toEqual(['Task "a": "metadata" was cut: only 256 keys and 32 levels are kept.'])
  })

  it('says once that it has too many keys or levels', () => {
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, index]))
    expect(write(wide, wide).messages).toEqual([
      'Task "a": "metadata" was cut: only 256 keys and 32 levels are kept.',
    ])
  })

  it('keeps what was held under a name whose new value is dropped', () => {
    const held = { model: 'film-2', seed: 7, title: 'T' }
    const given = {
      get model(): never {
        throw new Error('locked')
      },
      seed: Array.from({ length: 20_000 }, (_, index) => index),
      title: 'U',
    }
    const kept = { model: 'film-2', seed: 7, title: 'U' }
    expect(write(held, given).metadata).toEqual(kept)
    expect(write(held, () => given).metadata).toEqual(kept)
    expect(write(held, () => ({ title: 'U' })).metadata).toEqual({ title: 'U' })
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`k${index}`, index]))
    const tooLarge = Object.fromEntries(Object.keys(many).map((name) => [name, 'x '.repeat(1_000)]))
    const lists = Object.fromEntries(Object.keys(many).map((name) => [name, given.seed]))
    expect(write(many, lists).metadata).toEqual(many)
    expect(Object.keys(write(many, tooLarge).metadata!)).toEqual(Object.keys(many))
  })

  it('is replaced in whatever order its fields come, when the whole fits', () => {
    const long = 'x '.repeat(900)
    const list = Array.from({ length: 10 }, () => long)
    expect(write({ a: 'short', b: list }, { a: list, b: 'short' })).toMatchObject({
      metadata: { a: list, b: 'short' },
      messages: [],
    })
  })

  it('does not let a new field push out a held one that has its own place', () => {
    const list = Array.from({ length: 8 }, () => 'x '.repeat(900))
    const { metadata, messages } = write({ a: 1, b: list }, { a: list, c: 2 })
    expect(metadata).toEqual({ a: 1, b: list, c: 2 })
    expect(messages).toEqual([expect.stringContaining('"metadata.a" was dropped: it does not fit')])
  })

  it.each([
    ['bytes', new Uint8Array(2e5)],
    ['a buffer', new ArrayBuffer(2e5)],
    ['a Blob', new Blob(['a'])],
    ['a Map', new Map([['a', 1]])],
    ['a Set', new Set([1])],
  ])('that is %s as a whole is reported and changes nothing', (_what, given) => {
    for (const patch of [given, () => given]) {
      const { metadata, messages } = write({ title: 'T' }, patch)
      expect(metadata).toEqual({ title: 'T' })
      expect(messages).toEqual([expect.stringContaining('"metadata" was dropped: ')])
    }
  })

  it.each([
    ['at the top', (wide: object) => wide],
    ['in a field', (wide: object) => ({ wide })],
  ])('reads no more fields of an object than its limits take, %s', (_where, patch) => {
    let looked = 0
    const wide = new Proxy(Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`k${at}`, at])), {
      getOwnPropertyDescriptor(target, name) {
        looked += 1
        return Reflect.getOwnPropertyDescriptor(target, name)
      },
      get(target, name): unknown {
        looked += 1
        return Reflect.get(target, name)
      },
    })
    const { metadata, messages } = write(patch(wide))
    expect(JSON.stringify(metadata)).toContain('"k200":200,')
    expect(messages).toEqual([expect.stringContaining('"metadata" was cut')])
    expect(looked).toBeLessThan(50_000)
  })

  it.each([
    [
      'a list of 100 million holes',
      () => Array.from({ length: 3 }, () => Object.assign([], { length: 1e8 })),
    ],
    ['a list of long texts', () => Array.from({ length: 10_000 }, () => 'x'.repeat(10_000))],
    ['an endless list', () => [new Set([1]), { toJSON: () => new Map([['a', 1]]) }, endless]],
    [
      'lists of lists of lists',
      () => [1, 2, 3, 4, 5, 6, 7].reduce<unknown>((list) => Array(1_000).fill(list), 1),
    ],
  ])('takes no longer for %s than its limits take', (_what, make) => {
    let looked = 0
    const counted = new Proxy(make() as object, {
      get(target, name, receiver): unknown {
        looked += 1
        return Reflect.get(target as object, name, receiver)
      },
    })
    const { metadata } = write({ model: 'm', counted })
    expect(metadata).toEqual({ model: 'm' })
    expect(looked).toBeLessThan(60_000)
  })

  it.each([['text'], [5], [[1]], [true]])(
    'that is not an object, %j, is reported and changes nothing',
    (given) => {
      const { metadata, messages } = write({ title: 'T' }, given)
      expect(metadata).toEqual({ title: 'T' })
      expect(messages).toEqual([
        expect.stringMatching(/"metadata" was dropped: expected an object or a function/),
      ])
    },
  )

  it.each([[() => 5], [() => ['a']], [() => null]])('whose updater gives no object stays: %s', (updater) => {
    const { metadata, messages } = write({ title: 'T' }, updater)
    expect(metadata).toEqual({ title: 'T' })
    expect(messages).toEqual([
      expect.stringMatching(/"metadata" was dropped: the updater must return an object/),
    ])
  })
})

const endless = {
  *[Symbol.iterator]() {
    for (;;) yield 1
  },
  [Symbol.toStringTag]: 'Set',
}
