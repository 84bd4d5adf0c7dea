import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { createTracker, definePipeline, showPipeline } from '../index.ts'
import { autopilot, onResult } from './autopilot.ts'

const tracker = createTracker({ pipeline: showPipeline })
const storyboard = definePipeline({
  id: 'storyboard',
  steps: [
    { type: 'outline', label: 'Outline', per: 'show', metadata: z.object({ words: z.number() }) },
    { type: 'keyframe', label: 'Keyframes', per: 'beat', after: ['outline'] },
  ],
})
const board = createTracker({ pipeline: storyboard })
declare const query: PromiseLike<number>

// None of these is called: what they are made of is what is tested.
describe('autopilot', () => {
  it('gives each handler its slot, with the name of its item, and its run', () => {
    const calls = () => {
      autopilot(tracker, 's', {
        portrait: (slot, run) => {
          expectTypeOf(slot.characterId).toBeString()
          expectTypeOf(slot.type).toEqualTypeOf<'portrait'>()
          expectTypeOf(run.signal).toEqualTypeOf<AbortSignal>()
          return 1
        },
        // @ts-expect-error a step per show has no character
        trailer: (slot) => slot.characterId.length,
      })
      autopilot(board, 's', {
        keyframe: async (slot) => slot.beatId,
        outline: async (_slot, { update }) => update({ metadata: { words: 3 } }),
      })
      // @ts-expect-error no such step
      autopilot(tracker, 's', { portrat: () => 1 })
      // @ts-expect-error a query builder starts when it is awaited
      autopilot(tracker, 's', { trailer: () => query })
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('types the options of a step by what its handler returns', () => {
    const calls = () => {
      autopilot(
        tracker,
        's',
        { trailer: async () => ({ url: 'x' }), portrait: ({ characterId }) => fetch(characterId) },
        {
          concurrency: { portrait: 3, total: 6 },
          approve: { video: ({ characterId }) => characterId === 'ada' },
          track: {
            trailer: { result: ({ url }) => ({ outputUrl: url }), retry: { attempts: 2 } },
            portrait: { result: (response) => expectTypeOf(response).toEqualTypeOf<Response>() && undefined },
          },
          onStuck: ({ failed }) => expectTypeOf(failed[0]!.showId).toBeString(),
        },
      )
      // @ts-expect-error no such option
      autopilot(tracker, 's', { trailer: () => 1 }, { track: { trailer: { retries: 2 } } })
      // @ts-expect-error no such step
      autopilot(tracker, 's', { trailer: () => 1 }, { concurrency: { portrat: 2 } })
    }
    expectTypeOf(calls).toBeFunction()
  })

  it('selects slots by their fields', () => {
    const pilot = autopilot(board, 's', { keyframe: () => 1 })
    const calls = () => {
      pilot.approve({ beatId: 'b1' })
      pilot.retry({ type: 'outline' })
      for (const slot of pilot.getState().waiting) pilot.approve(slot)
      // @ts-expect-error no such item
      pilot.retry({ characterId: 1 })
    }
    expectTypeOf(calls).toBeFunction()
  })
})

describe('onResult', () => {
  it('gives each handler the task of its step', () => {
    onResult(board, {
      outline: ({ metadata }) => expectTypeOf(metadata?.words).toEqualTypeOf<number | undefined>(),
      // @ts-expect-error no such step
      keyfram: () => 1,
    })
    expectTypeOf(onResult).toBeFunction()
  })
})
