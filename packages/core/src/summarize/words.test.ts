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
    const forms = { shows: { one: '{n} one', few: '{n} few', many: '{n} many', other: '{n} other' } }
    const { fill } = createWords(forms, 'pl')
    expect([1, 2, 5].map((n) => fill('shows', { n }))).toEqual(['1 one', '2 few', '5 many'])
  })

  it('names a step as the messages do, and otherwise as the pipeline does', () => {
    const { label } = createWords({ ...messages, labels: { portrait: 'Porträts' } })
    expect(label({ type: 'portrait', label: 'Portraits' })).toBe('Porträts')
    expect(label({ type: 'trailer', label: 'Trailer' })).toBe('Trailer')
    expect(label({ type: 'toString', label: 'Own' })).toBe('Own')
  })
})
