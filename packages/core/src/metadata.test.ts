import { describe, expect, it } from 'vitest'
import { createTracker } from './tracker.ts'
import { parseSnapshot } from './schema.ts'
import { showPipeline } from './show-pipeline.ts'

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

  it('says once that it has too many keys or levels', () => {
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, index]))
    expect(write(wide, wide).messages).toEqual([
      'Task "a": "metadata" was dropped: only 256 keys and 32 levels are kept.',
    ])
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
    'that is no object, %j, is reported and changes nothing',
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
