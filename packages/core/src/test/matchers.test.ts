import { describe, expect, it } from 'vitest'
import { callsheetMatchers, type CallsheetMatchers } from './matchers.ts'
import { script } from './script.ts'
import { createTestTracker } from './test-tracker.ts'

declare module 'vitest' {
  interface Matchers<T> extends CallsheetMatchers<T> {}
}

expect.extend(callsheetMatchers)

function setup() {
  const made = createTestTracker()
  script(made.tracker, 's')
    .characters('ada', 'bo')
    .succeeded('show-generation')
    .succeeded('portrait', { characterId: 'ada' })
    .failed('portrait', { characterId: 'bo', attempt: 2, error: 'Content filter' })
    .active('trailer', { progress: 40, stage: 'upscaling' })
  return { ...made, view: made.tracker.getPipeline('s') }
}

const messageOf = (action: () => void) => {
  try {
    action()
  } catch (error) {
    return (error as Error).message
  }
  return expect.fail('nothing was thrown')
}

describe('callsheetMatchers', () => {
  it('test the task of a slot, of a tracker and of a sink', () => {
    const { tracker, sink } = setup()
    for (const held of [tracker, sink]) {
      expect(held).toHaveTask({ showId: 's', type: 'trailer' })
      expect(held).toHaveTask({ showId: 's', type: 'portrait', characterId: 'bo' }, 'failed')
      expect(held).not.toHaveTask({ showId: 's', type: 'portrait', characterId: 'bo' }, 'succeeded')
      expect(held).not.toHaveTask({ showId: 's', type: 'library-poster' })
    }
  })

  it('test whether a step or a show is complete', () => {
    const { view, tracker } = setup()
    expect(view).toBeComplete('show-generation')
    expect(view).not.toBeComplete('portrait')
    expect(view).not.toBeComplete()
    const everything = Object.fromEntries(view.steps.map(({ type }) => [type, true as const]))
    tracker.show('done').setFacts({ done: everything, characters: [{ id: 'ada' }] })
    expect(tracker.getPipeline('done')).toBeComplete()
    // Also while something of it is made again.
    tracker.addTask({ showId: 'done', type: 'trailer', status: 'processing' })
    expect(tracker.getPipeline('done')).toBeComplete('trailer')
    expect(tracker.getPipeline('done')).toBeComplete()
  })

  it('show the actual state in their messages', () => {
    const { tracker, view } = setup()
    const bo = { showId: 's', type: 'portrait', characterId: 'bo' } as const
    expect(messageOf(() => expect(tracker).toHaveTask(bo, 'succeeded'))).toBe(
      'expected portrait of bo to have a task that is succeeded; it is failed (attempt 2, "Content filter")',
    )
    expect(messageOf(() => expect(tracker).not.toHaveTask(bo))).toBe(
      'expected portrait of bo not to have a task; it is failed (attempt 2, "Content filter")',
    )
    expect(messageOf(() => expect(tracker).toHaveTask({ showId: 's', type: 'library-poster' }))).toBe(
      'expected library-poster to have a task; there is none',
    )
    expect(messageOf(() => expect(view).toBeComplete('portrait'))).toBe(
      'expected step "portrait" to be complete\n  portrait: 1 of 2 done; bo failed (attempt 2, "Content filter")',
    )
    expect(messageOf(() => expect(view).toBeComplete())).toContain(
      '\n  trailer: 0 of 1 done; processing (40 %, upscaling)',
    )
    expect(messageOf(() => expect(view).not.toBeComplete('show-generation'))).toBe(
      'expected step "show-generation" not to be complete',
    )
  })
})
