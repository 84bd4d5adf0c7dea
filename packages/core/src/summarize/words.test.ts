import { describe, expect, it } from 'vitest'
import { createWords } from './summarize.ts'

describe('createWords', () => {
  const messages = { left: { one: '{n} left', other: '{n} left of {total}' }, hello: 'Hello {name}, {other}' }

  it('fills in names, leaves unknown ones, and formats numbers by the locale', () => {
    expect(createWords(messages).fill('hello', { name: 'Ada' })).toBe('Hello Ada, {other}')
    expect(createWords(messages, 'de').fill('left', { n: 12_345, total: 20_000 })).toBe(
      '12.345 left of 20.000',
    )
  })

  it('chooses the plural form of the language', () => {
    const polish = {
      shows: { one: '{n} pokaz', few: '{n} pokazy', many: '{n} pokazów', other: '{n} pokazu' },
    }
    const { fill } = createWords(polish, 'pl')
    expect([1, 2, 5].map((n) => fill('shows', { n }))).toEqual(['1 pokaz', '2 pokazy', '5 pokazów'])
  })

  it('names a step as the messages do, and otherwise as the pipeline does', () => {
    const { label } = createWords({ ...messages, labels: { portrait: 'Porträts' } })
    expect(label({ type: 'portrait', label: 'Portraits' })).toBe('Porträts')
    expect(label({ type: 'trailer', label: 'Trailer' })).toBe('Trailer')
    expect(label({ type: 'toString', label: 'Own' })).toBe('Own')
  })
})
