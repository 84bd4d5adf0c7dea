import { proxy, snapshot } from 'valtio/vanilla'
import { describe, expect, it } from 'vitest'
import { setUpTracker } from '../testing.ts'

function setup() {
  const { tracker, show } = setUpTracker(1_000)
  show.setCharacters([{ id: 'ada', name: 'Ada' }, { id: 'bo' }])
  tracker.addTask({ showId: 's', type: 'portrait', characterId: 'ada', status: 'succeeded' })
  tracker.addTask({ showId: 's', type: 'portrait', characterId: 'bo', status: 'failed', error: 'NSFW' })
  return { tracker, show, view: show.getPipeline() }
}

const lists = ['slots', 'tasks', 'errors', 'startedAt', 'completedAt'] as const

describe('a view is an ordinary value', () => {
  it('whose functions work when they are destructured', () => {
    const { view } = setup()
    const { step } = view
    const { task, result, slot } = step('portrait')
    expect(task('bo')?.status).toBe('failed')
    expect(result('ada')?.status).toBe('succeeded')
    expect(slot('ada')).toBe(view.step('portrait').slots[0])
  })

  it('whose data survives a spread', () => {
    const { view } = setup()
    const step = view.step('portrait')
    const copy = { ...step }
    for (const name of lists) expect(copy[name]).toBe(step[name])
    expect(copy.errors).toEqual([expect.objectContaining({ message: 'NSFW', characterId: 'bo' })])
    const show = { ...view }
    expect(show.steps).toBe(view.steps)
    expect(show.startedAt).toBe(1_000)
  })

  it.each([
    ['JSON', (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown],
    ['structuredClone', (value: unknown) => structuredClone(value)],
  ])('whose data survives %s', (_way, copy) => {
    const { view } = setup()
    const cloned = copy(view) as typeof view
    expect(cloned).toEqual(copy({ ...view, steps: view.steps.map((step) => ({ ...step })) }))
    expect(cloned.steps[3]!.slots).toEqual(view.steps[3]!.slots)
    expect(cloned.steps[3]!.errors).toHaveLength(1)
  })

  it('whose data and functions survive a proxy that stands in for it', () => {
    const { view } = setup()
    const proxied = <T extends object>(value: T): T =>
      new Proxy(value, {
        get: (target, key, receiver) => Reflect.get(target, key, receiver) as unknown,
      })
    const step = proxied(view.step('portrait'))
    expect(step.slots).toBe(view.step('portrait').slots)
    expect(step.task('bo')?.status).toBe('failed')
    const { step: find } = proxied(view)
    expect(find('portrait')).toBe(view.step('portrait'))
  })

  it('whose data and functions survive in a state of valtio', () => {
    const { view } = setup()
    const state = proxy({ view, step: view.step('portrait') })
    expect(state.step.errors).toEqual(view.step('portrait').errors)
    expect(state.view.steps[3]!.slots).toHaveLength(2)
    expect(state.step.task('bo')?.status).toBe('failed')
    expect(snapshot(state).view.steps[3]!.errors).toHaveLength(1)
    expect(snapshot(state).step.slots).toHaveLength(2)
  })

  it('that stays as it was when it was read', () => {
    const { tracker, view } = setup()
    const before = structuredClone(view)
    tracker.addTask({ showId: 's', type: 'portrait', characterId: 'bo', status: 'processing', progress: 40 })
    tracker.show('s').setCharacters([{ id: 'cy' }])
    tracker.reset({ showId: 's' })
    expect(structuredClone(view)).toEqual(before)
    expect(
      Object.isFrozen(view) && Object.isFrozen(view.steps) && Object.isFrozen(view.steps[3]!.slots),
    ).toBe(true)
  })
})
