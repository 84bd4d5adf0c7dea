import { describe, expect, it } from 'vitest'
import { definePipeline } from '../records/pipeline.ts'
import { createTestTracker } from '../test/test-tracker.ts'

describe('a filter of tasks', () => {
  const scenes = definePipeline({
    id: 'scenes',
    steps: [
      { type: 'script', label: 'Script', per: 'show', weight: 1 },
      { type: 'set', label: 'Sets', per: 'scene', weight: 1 },
      { type: 'portrait', label: 'Portraits', per: 'character', weight: 1 },
    ],
    extra: [{ type: 'note' }],
  })

  function running() {
    const kit = createTestTracker({ pipeline: scenes })
    const { tracker } = kit
    tracker.addTask({ id: 'script', showId: 's', type: 'script', status: 'processing' })
    for (const id of ['x', 'y']) {
      tracker.addTask({ id: `set ${id}`, showId: 's', type: 'set', sceneId: id, status: 'processing' })
      tracker.addTask({
        id: `portrait ${id}`,
        showId: 's',
        type: 'portrait',
        characterId: id,
        status: 'processing',
      })
    }
    const active = () =>
      tracker
        .getTasks()
        .filter(({ status }) => status === 'processing')
        .map(({ id }) => id)
        .toSorted()
    return { ...kit, active }
  }

  it('that names an item without a step means the steps of that kind', () => {
    const { tracker, active, errors } = running()
    expect(tracker.getTasks({ showId: 's', sceneId: 'x' } as never).map(({ id }) => id)).toEqual(['set x'])
    expect(tracker.cancel({ showId: 's', sceneId: 'x' } as never)).toBe(1)
    expect(tracker.cancel({ showId: 's', characterId: 'y' })).toBe(1)
    expect(active()).toEqual(['portrait x', 'script', 'set y'])
    expect(tracker.dismiss({ showId: 's', sceneId: 'y' } as never)).toBe(0)
    expect(tracker.dismiss({ showId: 's', sceneId: 'x' } as never)).toBe(1)
    expect(tracker.reset({ showId: 's', sceneId: 'x' } as never)).toBe(1)
    expect(errors).toEqual([])
  })

  it.each([
    [{ showId: 's', characterID: 'x' }, 'unknown key "characterID"'],
    [{ showId: 's', beatId: 'x' }, 'unknown key "beatId"'],
    [{ showId: 's', type: 'set', scene: 'x' }, 'unknown key "scene"'],
    [{ showId: 's', type: 'portrait', sceneId: 'x' }, 'unknown key "sceneId"'],
    [{ showId: 's', sceneId: undefined }, '"sceneId" is undefined'],
    [{ showId: 's', type: undefined }, '"type" is undefined'],
  ])('with a wrong key, %j, matches nothing and is reported', (filter, message) => {
    const { tracker, active, errors } = running()
    expect(tracker.cancel(filter as never)).toBe(0)
    expect(tracker.dismiss(filter as never)).toBe(0)
    expect(tracker.reset(filter as never)).toBe(0)
    expect(tracker.getTasks(filter as never)).toEqual([])
    expect(active()).toHaveLength(5)
    expect(errors).toHaveLength(4)
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'invalid_field' })
      expect(error.message).toContain(`Invalid filter: ${message}, so it matches no task.`)
    }
  })
})
