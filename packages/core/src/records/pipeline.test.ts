import { describe, expect, it } from 'vitest'
import { CallsheetError } from './errors.ts'
import { definePipeline, type StepDefinition } from './pipeline.ts'
import { showPipeline } from './show-pipeline.ts'

const step = (type: string, more: Partial<StepDefinition> = {}): StepDefinition => ({
  type,
  label: type,
  per: 'show',
  ...more,
})

describe('definePipeline', () => {
  it('numbers the steps from 1 and fills in what was left out', () => {
    const { steps, indexOf } = definePipeline({ id: 'p', steps: [step('a'), step('b', { after: ['a'] })] })
    expect(steps.map((one) => [one.type, one.stepNumber])).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    expect(steps[0]).toMatchObject({ after: [], optional: false, weight: 1, stallAfter: 120_000 })
    expect([indexOf('a'), indexOf('b'), indexOf('c')]).toEqual([0, 1, undefined])
  })

  it('numbers steps that were taken from another pipeline by their new place', () => {
    const [, portrait] = definePipeline({ id: 'p', steps: [step('a'), step('portrait')] }).steps
    expect(definePipeline({ id: 'q', steps: [portrait] }).steps[0].stepNumber).toBe(1)
  })

  it('returns a frozen pipeline', () => {
    const pipeline = definePipeline({ id: 'p', steps: [step('a')] })
    expect([pipeline, pipeline.steps, pipeline.steps[0], pipeline.extra].every(Object.isFrozen)).toBe(true)
  })

  it.each([
    ['an empty pipeline', [], /is empty/],
    ['two steps of one name', [step('a'), step('a')], /step "a" needs a unique type/],
    ['an empty name', [step('')], /needs a unique type/],
    ['a prerequisite that is unknown', [step('a', { after: ['z'] })], /comes after "z"/],
    ['a prerequisite that comes later', [step('a', { after: ['b'] }), step('b')], /comes after "b"/],
    ['a step that waits for itself', [step('a', { after: ['a'] })], /comes after "a"/],
    ['none of a step', [step('a'), step('b', { after: [{ type: 'a', atLeast: 0 }] })], /at least 0 of "a"/],
    ['half a slot', [step('a'), step('b', { after: [{ type: 'a', atLeast: 1.5 }] })], /at least 1.5 of "a"/],
    ['the weight 0', [step('a', { weight: 0 })], /has the weight 0/],
    ['a negative weight', [step('a', { weight: -1 })], /has the weight -1/],
    ['a weight that is not a number', [step('a', { weight: Number.NaN })], /has the weight NaN/],
    [
      'half a weight',
      [step('a', { weight: 0.5 })],
      /has the weight 0.5; expected a whole number from 1 to 1000000/,
    ],
    ['a stallAfter that is not a number', [step('a', { stallAfter: Number.NaN })], /has the stallAfter NaN/],
    ['a negative stallAfter', [step('a', { stallAfter: -1 })], /has the stallAfter -1/],
    ['an endless weight', [step('a', { weight: Infinity })], /has the weight Infinity/],
  ])('refuses %s and says so', (_what, steps, message) => {
    expect(() => definePipeline({ id: 'p', steps })).toThrow(CallsheetError)
    expect(() => definePipeline({ id: 'p', steps })).toThrow(message)
  })

  it('refuses an extra task that is named like a step', () => {
    expect(() => definePipeline({ id: 'p', steps: [step('a')], extra: [{ type: 'a' }] })).toThrow(
      /extra task "a"/,
    )
  })

  it('finds no step by the names that every object has', () => {
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(showPipeline.indexOf(name)).toBeUndefined()
  })
})

describe('showPipeline', () => {
  it('is the eight steps in their order, as they are written in the design', () => {
    expect(
      showPipeline.steps.map((one) => [
        one.stepNumber,
        one.type,
        one.label,
        one.per,
        one.icon,
        one.optional,
        [...one.after],
      ]),
    ).toEqual([
      [1, 'show-generation', 'Show Blueprint', 'show', 'sparkles', false, []],
      [2, 'character-seeds', 'Character Seeds', 'show', 'users', false, ['show-generation']],
      [3, 'character-dossier', 'Character Dossiers', 'character', 'file-text', false, ['character-seeds']],
      [4, 'portrait', 'Portraits', 'character', 'image', false, ['character-dossier']],
      [5, 'video', 'Character Videos', 'character', 'video', true, ['portrait']],
      [6, 'portrait-grid', 'Portrait Grid', 'show', 'grid-3x3', false, ['portrait']],
      [7, 'library-poster', 'Show Poster', 'show', 'image-plus', false, ['portrait-grid']],
      [8, 'trailer', 'Trailer', 'show', 'film', false, ['portrait-grid']],
    ])
  })

  it('lets a trailer be silent for the twenty minutes that one was seen to take', () => {
    expect(showPipeline.steps[7].stallAfter).toBe(20 * 60_000)
  })
})
