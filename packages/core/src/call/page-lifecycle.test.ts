import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../test/fake-clock.ts'
import { createGuard } from '../records/guard.ts'
import { createPage } from './page-lifecycle.ts'

function setUp(world: Partial<Parameters<typeof createPage>[0]> = {}) {
  const clock = createFakeClock(1_000_000)
  const errors: unknown[] = []
  const guarded = createGuard((error) => errors.push(error))
  const page = createPage({ now: clock.now, schedule: clock.schedule, guarded, ...world })
  const verdicts: boolean[] = []
  const judge = () => page.judge((isCut) => void verdicts.push(isCut))
  return { clock, page, verdicts, judge, errors }
}

describe('a connection that breaks', () => {
  it('is judged at once where no page events are told', () => {
    const { verdicts, judge, clock } = setUp()
    judge()
    expect([verdicts, clock.pending]).toEqual([[false], 0])
  })

  it('is judged after 300 ms where they are', async () => {
    const { page, verdicts, judge, clock } = setUp()
    page.tell('watched')
    judge()
    await clock.advance(299)
    expect(verdicts).toEqual([])
    await clock.advance(1)
    expect([verdicts, clock.pending]).toEqual([[false], 0])
  })

  it.each(['may-leave', 'left'] as const)('just before "%s" was cut by the browser', async (event) => {
    const { page, verdicts, judge, clock } = setUp()
    page.tell('watched')
    judge()
    await clock.advance(26)
    page.tell(event)
    expect(verdicts).toEqual([true])
    page.tell('returned')
    expect([verdicts, clock.pending]).toEqual([[true], 0])
  })

  it('less than 300 ms after "may-leave" was cut by the browser, later it was not', async () => {
    const { page, verdicts, judge, clock } = setUp()
    page.tell('may-leave')
    await clock.advance(299)
    judge()
    expect(verdicts).toEqual([true])
    await clock.advance(1)
    judge()
    expect(verdicts).toEqual([true, false])
  })

  it('at any time between "left" and "returned" was cut by the browser', async () => {
    const { page, verdicts, judge, clock } = setUp()
    page.tell('left')
    await clock.advance(60_000)
    judge()
    page.tell('returned')
    judge()
    expect(verdicts).toEqual([true, false])
    expect(page.departures()).toBe(1)
  })

  it('is judged at once when that is asked for, and only once', async () => {
    const { page, verdicts, judge, clock } = setUp()
    page.tell('watched')
    const askNow = judge()
    askNow()
    askNow()
    page.tell('left')
    await clock.advance(1_000)
    expect([verdicts, clock.pending]).toEqual([[false], 0])
  })

  it('is judged at once if the timer fails', () => {
    const { page, verdicts, judge, errors } = setUp({
      schedule: () => {
        throw new Error('no timer')
      },
    })
    page.tell('watched')
    judge()
    expect(verdicts).toEqual([false])
    page.tell('may-leave')
    let isHere = false
    page.whenHere(() => (isHere = true))
    expect([isHere, errors.length]).toEqual([true, 2])
  })
})

describe('new work', () => {
  it('waits from "left" to "returned", and can be taken back', () => {
    const { page } = setUp()
    const done: string[] = []
    page.whenHere(() => void done.push('here'))
    page.tell('left')
    page.whenHere(() => void done.push('later'))
    const undo = page.whenHere(() => void done.push('never'))
    undo()
    expect(done).toEqual(['here'])
    page.tell('returned')
    page.tell('returned')
    expect(done).toEqual(['here', 'later'])
  })

  it('begins although what waited before it throws', () => {
    const { page, errors } = setUp()
    const done: string[] = []
    page.tell('left')
    page.whenHere(() => {
      throw new Error('boom')
    })
    page.whenHere(() => void done.push('later'))
    page.tell('returned')
    expect([done, errors]).toEqual([['later'], [new Error('boom')]])
  })

  it('waits two seconds after "may-leave" when the page stays', async () => {
    const { page, clock } = setUp()
    const done: string[] = []
    page.tell('may-leave')
    page.whenHere(() => void done.push('later'))
    await clock.advance(1_500)
    page.tell('may-leave')
    await clock.advance(1_999)
    expect(done).toEqual([])
    await clock.advance(1)
    expect([done, clock.pending]).toEqual([['later'], 0])
  })

  it('waits on when the page was left after "may-leave"', async () => {
    const { page, clock } = setUp()
    const done: string[] = []
    page.tell('may-leave')
    page.tell('left')
    page.tell('may-leave')
    page.whenHere(() => void done.push('later'))
    await clock.advance(60_000)
    expect([done, clock.pending]).toEqual([[], 0])
    page.tell('returned')
    expect(done).toEqual(['later'])
  })
})
