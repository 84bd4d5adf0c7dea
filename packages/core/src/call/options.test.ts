import { describe, expect, it } from 'vitest'
import { CallsheetError } from '../records/errors.ts'
import { readOptions } from './run-options.ts'

function read(given: object) {
  const errors: unknown[] = []
  return { options: readOptions(given, (error) => errors.push(error)), errors }
}

describe('the options of a call, from plain JavaScript', () => {
  it('name a misspelt one and those that there are, and keep the rest', () => {
    const { options, errors } = read({ timeOut: 5, stage: 'sketching' })
    expect(options).toEqual({ stage: 'sketching' })
    expect(errors).toEqual([expect.any(CallsheetError)])
    expect(errors[0]).toMatchObject({ code: 'invalid_option' })
    expect(String(errors[0])).toMatch(/Unknown option "timeOut"\. Known options: .*\btimeout\b.*is ignored/)
  })

  it('may be a slot: its item, show and type are no mistakes', () => {
    const slot = { showId: 's', type: 'keyframe', beatId: 'one' }
    expect(read(slot)).toEqual({ options: slot, errors: [] })
  })

  it('are an object, and else reported and ignored', () => {
    for (const [given, got] of [
      ['fast', '"fast"'],
      [[1], 'an array'],
    ] as const) {
      const { options, errors } = read(given as never)
      expect(options).toEqual({})
      expect(errors.map(String)).toEqual([
        `CallsheetError: Invalid options: expected an object, got ${got}. They are ignored.`,
      ])
    }
  })

  it('name a retryOf that is not an id', () => {
    const { options, errors } = read({ retryOf: 5 })
    expect(options).toEqual({})
    expect(String(errors[0])).toMatch(/Invalid option "retryOf": expected an id of .*, got 5\./)
  })

  it('take names that every object has for unknown', () => {
    expect(read({ constructor: 1, toString: 2 }).errors).toHaveLength(2)
  })
})
