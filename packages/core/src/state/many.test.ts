import { describe, expect, it } from 'vitest'
import { showPipeline } from '../records/show-pipeline.ts'
import { taskOf, tombstoneOf } from '../testing.ts'
import { createState } from './state.ts'

const renamed = (showId: string, to: string) => ({
  showId,
  pipeline: 'show',
  renamedTo: { value: to, rev: 1, by: 'me' },
})

// Each of these took time with the square of its size before, and would not end in the time that a test has.
describe('does not get slower with what came before:', () => {
  it.each([
    [
      'a chain of 20,000 renames, oldest first',
      (place: number) => renamed(`s${place}`, `s${place + 1}`),
      's20000',
    ],
    [
      'a chain of 20,000 renames, newest first',
      (place: number) => renamed(`s${19_999 - place}`, `s${20_000 - place}`),
      's20000',
    ],
    ['a star of 20,000 renames', (place: number) => renamed(`s${place}`, 'hub'), 'hub'],
  ])('%s', (_what, record, finalId) => {
    const shows = createState(showPipeline)
    for (let place = 0; place < 20_000; place += 1) {
      shows.putTask(taskOf({ id: `t${place}`, showId: `s${place}`, type: 'trailer', startedAt: place }))
      shows.putShow(record(place))
    }
    expect(shows.viewOf('s0').showId).toBe(finalId)
    expect(shows.viewOf('s0').step('trailer').task()?.id).toBe('t19999')
  })

  it('20,000 renames into a show without a task', () => {
    const shows = createState(showPipeline)
    for (let place = 0; place < 20_000; place += 1) shows.putShow(renamed(`s${place}`, 'hub'))
    expect(shows.viewOf('s19999').showId).toBe('hub')
  })

  it('20,000 tombstones in one slot, newest first, that are reset oldest first', () => {
    const shows = createState(showPipeline)
    const slot = { showId: 's', type: 'trailer' }
    for (let place = 20_000; place > 0; place -= 1)
      shows.putTask(tombstoneOf({ ...slot, id: `t${place}`, startedAt: place, status: 'failed' }))
    shows.putTask(taskOf({ ...slot, id: 'result', status: 'succeeded', startedAt: 0 }))
    for (let place = 1; place <= 20_000; place += 1) {
      shows.putTask(tombstoneOf({ id: `t${place}`, rev: 3 }))
      shows.viewOf('s')
    }
    expect(shows.viewOf('s').step('trailer').slot()).toMatchObject({ status: 'succeeded', done: true })
  })
})
