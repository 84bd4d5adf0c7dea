import { describe, expect, it } from 'vitest'
import type { ShowPipeline, ShowTracker, Tracker } from '../index.ts'
import { parseSnapshot } from '../schema/schema.ts'
import { createTestTracker } from '../test/test.ts'
import { openBrowser } from '../testing-browser.ts'
import { quiet } from '../testing.ts'
import { autopilot } from './autopilot.ts'

const cast = ['ada', 'bo', 'cy'].map((id) => ({ id }))

function ready(show: ShowTracker<ShowPipeline>) {
  show.setCharacters(cast)
  show.setFacts({
    at: 1,
    done: { 'show-generation': true, 'character-seeds': true, 'character-dossier': true },
  })
}

describe('autopilots in several tabs', () => {
  it.each([
    ['that hear of each other at once', false],
    ['that have not heard of each other', true],
  ])('pay once for each slot, in tabs %s', async (_name, isApart) => {
    const browser = openBrowser({ isApart })
    const tabs = [browser.open('a'), browser.open('b')]
    const made: string[] = []
    const pilots = tabs.map(({ tracker, show, by }) => {
      ready(show)
      const make = async ({ type, characterId = '' }: { type: string; characterId?: string }) => {
        made.push(`${type} ${characterId}`)
        await quiet()
        return by
      }
      return autopilot(
        tracker,
        's',
        { portrait: make, 'portrait-grid': make, 'library-poster': make, trailer: make },
        { concurrency: { portrait: 1 } },
      )
    })
    for (let round = 0; round < 12; round += 1) {
      await quiet()
      if (isApart) for (const tab of tabs) tab.tell()
    }
    const views = await Promise.all(pilots.map(({ done }) => done))
    expect(views.map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
    expect(made.toSorted()).toEqual([
      'library-poster ',
      'portrait ada',
      'portrait bo',
      'portrait cy',
      'portrait-grid ',
      'trailer ',
    ])
    expect(tabs[0]!.tracker.getPipeline('s')).toEqual(tabs[1]!.tracker.getPipeline('s'))
    expect(tabs.flatMap(({ errors }) => errors)).toEqual([])
  })

  it('does not pay again for what another tab has taken over while this one was frozen', async () => {
    const browser = openBrowser()
    const [a, b] = [browser.open('a'), browser.open('b')]
    ready(a.show)
    b.tracker.merge(parseSnapshot(JSON.stringify(a.tracker.serialize())))
    const made: string[] = []
    const pilotOf = (tracker: Tracker<ShowPipeline>, by: string, end: () => Promise<unknown>) =>
      autopilot(
        tracker,
        's',
        { portrait: ({ characterId }) => (made.push(`${characterId} by ${by}`), end()) },
        { concurrency: { portrait: 1 } },
      )
    pilotOf(a.tracker, 'a', () => new Promise(() => {}))
    await quiet()
    expect(made).toEqual(['ada by a'])
    a.tracker.page('left')
    for (const task of b.tracker.getTasks()) b.tracker.updateTask(task.id, { status: 'interrupted' })
    browser.claims.clear()
    pilotOf(b.tracker, 'b', async () => 'made')
    await quiet()
    expect(made).toEqual(['ada by a', 'ada by b', 'bo by b', 'cy by b'])
    a.tracker.page('returned')
    a.tracker.cancel({ showId: 's', type: 'portrait', characterId: 'ada' })
    await quiet()
    expect(made).toHaveLength(4)
    expect(a.tracker.getPipeline('s').step('portrait')).toMatchObject({ completed: 3, active: 0 })
  })
})

describe('an autopilot after a reload', () => {
  /** A show whose page is closed while it works, in the page that opens next. */
  async function reload() {
    const before = createTestTracker()
    ready(before.tracker.show('s'))
    const keys: string[] = []
    autopilot(
      before.tracker,
      's',
      {
        portrait: ({ characterId }, { idempotencyKey, job, update }) => {
          keys.push(`${characterId} ${idempotencyKey}`)
          if (characterId === 'bo') job({ provider: 'ours', id: 'j1' })
          if (characterId === 'cy') return Promise.reject(new Error('HTTP 400'))
          update({ progress: 40 })
          return new Promise(() => {})
        },
      },
      { concurrency: { portrait: 3 } },
    )
    await quiet()
    let made = 0
    const after = createTestTracker({ createId: () => `after-${(made += 1)}`, by: 'after' })
    after.tracker.restore(parseSnapshot(JSON.stringify(before.tracker.serialize())))
    return { ...after, keys }
  }

  it('repeats a plain call with the key of the lost one, follows a job, and leaves a failure alone', async () => {
    const { tracker, keys } = await reload()
    expect(keys).toHaveLength(3)
    const pilot = autopilot(tracker, 's', {
      portrait: async ({ characterId }, { idempotencyKey }) => {
        keys.push(`${characterId} ${idempotencyKey}`)
      },
    })
    await quiet()
    // Until resume says that the page is gone, its calls may still run.
    expect(keys).toHaveLength(3)
    tracker.resume({ ours: async () => ({ outputUrl: 'https://x.test/bo.png' }) })
    await quiet()
    expect(keys.slice(3)).toEqual([keys[0]])
    const step = tracker.getPipeline('s').step('portrait')
    expect(step).toMatchObject({ completed: 2, failed: 1, active: 0, interrupted: 0 })
    expect(step.result('bo')).toMatchObject({ outputUrl: 'https://x.test/bo.png' })
    pilot.stop()
  })

  it('starts nothing that may have been paid for: a lost job, or a value that could not be observed', async () => {
    const { tracker } = await reload()
    tracker.resume({})
    const calls: string[] = []
    const stuck: unknown[] = []
    const pilot = autopilot(
      tracker,
      's',
      {
        portrait: (({ characterId }: { characterId: string }) => {
          calls.push(characterId)
          return [Promise.resolve()]
        }) as never,
      },
      { onStuck: (why) => stuck.push(why) },
    )
    await quiet()
    expect(calls).toEqual(['ada'])
    expect(stuck).toMatchObject([
      { interrupted: [{ characterId: 'ada' }, { characterId: 'bo' }], failed: [{ characterId: 'cy' }] },
    ])
    expect(pilot.retry({ characterId: 'bo' })).toBe(1)
    await quiet()
    expect(calls).toEqual(['ada', 'bo'])
  })

  it('repeats a call that the browser cut when the page was left, once the page is back', async () => {
    const { tracker, clock } = createTestTracker()
    const keys: string[] = []
    const show = tracker.show('s')
    tracker.page('watched')
    autopilot(tracker, 's', {
      'show-generation': ({ showId }, { idempotencyKey }) => {
        keys.push(`${showId} ${idempotencyKey}`)
        if (keys.length > 1) return Promise.resolve('made')
        tracker.page('left')
        return Promise.reject(new TypeError('Failed to fetch'))
      },
    })
    await clock.advance(5_000)
    expect(keys).toHaveLength(1)
    tracker.page('returned')
    await clock.advance(5_000)
    expect(keys).toEqual([keys[0], keys[0]])
    expect(show.getPipeline().step('show-generation').status).toBe('succeeded')
  })
})
