import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { definePipeline, isActive } from '../index.ts'
import type { StepDefinition } from '../records/pipeline.ts'
import { createTestTracker } from '../test/test.ts'
import { assertLaw } from '../testing.ts'
import { autopilot, type Stuck } from './autopilot.ts'

/** How a call ends. */
const ends = ['succeed', 'succeed', 'succeed', 'fail', 'retry', 'cancel', 'lose', 'reject'] as const

const graph = fc
  .array(
    fc.record({
      per: fc.constantFrom('show', 'character', 'scene'),
      after: fc.array(fc.nat(5), { maxLength: 2 }),
      optional: fc.boolean(),
      isUnavailable: fc.nat(9).map((chance) => chance === 0),
      limit: fc.constantFrom(1, 2, undefined),
    }),
    { minLength: 1, maxLength: 6, size: 'max' },
  )
  .map((steps) =>
    steps.map((step, place) => ({
      ...step,
      type: `step-${place}`,
      after: place === 0 ? [] : [...new Set(step.after.map((before) => `step-${before % place}`))],
    })),
  )

describe('autopilot, whatever the pipeline and however calls end', () => {
  it('keeps its limits, starts each slot once, and ends complete or stuck', () =>
    assertLaw(
      fc.asyncProperty(
        graph,
        fc.array(fc.tuple(fc.constantFrom(...ends), fc.nat(50)), {
          minLength: 8,
          size: 'max',
          maxLength: 40,
        }),
        fc.constantFrom(1, 2, 4),
        fc.tuple(fc.nat(4), fc.nat(4), fc.nat(40)),
        async (steps, script, total, [characters, scenes, late]) => {
          const pipeline = definePipeline({
            id: 'law',
            steps: steps.map(({ type, per, after, optional }): StepDefinition => ({
              type,
              label: type,
              per,
              after,
              optional,
            })),
          })
          const { tracker, clock, errors } = createTestTracker({ pipeline })
          const show = tracker.show('s')
          const limits = Object.fromEntries(steps.map(({ type, limit }) => [type, limit ?? Infinity]))
          const calls = new Set<string>()
          const begun: string[] = []
          const tooMany: string[] = []
          let place = 0

          const call = (
            slot: object,
            run: { attempt: number; wait: (ms: number) => Promise<void>; task: { id: string } },
          ) => {
            const { type } = slot as { type: string }
            const key = JSON.stringify(slot)
            const { id } = run.task
            if (run.attempt === 1) begun.push(key)
            calls.add(id)
            const going = [...calls].map((one) => tracker.getTask(one)!).filter(isActive)
            const ofStep = going.filter((task) => task.type === type)
            if (going.length > total || ofStep.length > limits[type]!) tooMany.push(key)
            const [end, ms] = script[(place += 1) % script.length]!
            return run.wait(ms).then(() => {
              if (end === 'cancel') tracker.cancel(id)
              if (end === 'lose') throw Object.assign(new Error('lost sight of it'), { code: 'job_lost' })
              if (end === 'fail' || (end === 'retry' && run.attempt === 1)) throw new Error('HTTP 503')
              if (end === 'reject') throw new Error('HTTP 400')
            })
          }
          const stuck: Stuck<typeof pipeline>[] = []
          const pilot = autopilot(
            tracker,
            's',
            Object.fromEntries(steps.map(({ type }) => [type, call])) as never,
            {
              concurrency: { total, ...limits } as never,
              track: Object.fromEntries(
                steps.map(({ type }) => [type, { retry: { attempts: 2, delay: () => 10 } }]),
              ) as never,
              onStuck: (why) => stuck.push(why),
            },
          )
          show.setUnavailable(steps.filter((step) => step.isUnavailable).map(({ type }) => type))
          await clock.advance(late)
          const items = (kind: string, count: number) =>
            Array.from({ length: count }, (_, one) => ({ id: `${kind}-${one}` }))
          for (const [kind, count] of Object.entries({ character: characters, scene: scenes }))
            if (steps.some(({ per }) => per === kind)) show.setItems(kind, items(kind, count))
          await clock.advance(100_000)

          expect(tooMany).toEqual([])
          expect(begun.length).toBe(new Set(begun).size)
          const view = tracker.getPipeline('s')
          expect(view.active).toBe(0)
          expect(pilot.getState()).toMatchObject({ queued: [], running: [] })
          const isComplete = view.totalSteps > 0 && view.completedSteps === view.totalSteps
          if (isComplete) await expect(pilot.done).resolves.toBeDefined()
          else expect(stuck.length).toBeGreaterThan(0)
          // Reasons are never told twice in a row unless something ran between.
          expect(stuck.length).toBeLessThanOrEqual(begun.length + 4)
          expect(errors).toEqual([])
        },
      ),
      { share: 0.3 },
    ))
})
