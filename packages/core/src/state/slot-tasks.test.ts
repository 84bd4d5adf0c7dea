import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { showPipeline } from '../records/show-pipeline.ts'
import {
  compareTasks,
  compareVersions,
  isInSlot,
  isRemoved,
  type SlotTask,
  type TaskVersion,
} from '../records/task.ts'
import { assertLaw, oneOf, taskOf } from '../testing.ts'
import { createState } from './state.ts'
import type { PipelineView } from './view-types.ts'

/** Two slots, so that a step goes on without one of them. */
const characters = ['ada', 'bo']

const event = fc.record({
  id: fc.nat(11),
  // Started and named in different orders.
  startedAt: fc.nat(5),
  status: oneOf(
    'processing',
    'succeeded',
    'succeeded',
    'failed',
    'removed',
    'dismissed',
    'dismissed failure',
  ),
  progress: fc.nat(99),
})

function versionOf(
  { id, startedAt, status, progress }: typeof event extends fc.Arbitrary<infer E> ? E : never,
  at: number,
) {
  const fields = { id: `t${id}`, showId: 's', rev: at, updatedAt: at, by: 'me' }
  const slot = { type: 'portrait', characterId: characters[id % 2]!, startedAt: id * 10 + startedAt }
  if (status === 'removed') return { ...fields, removed: true as const }
  if (status === 'dismissed' || status === 'dismissed failure') {
    const was = status === 'dismissed' ? ('succeeded' as const) : ('failed' as const)
    return { ...fields, ...slot, removed: true as const, status: was }
  }
  const ended = status === 'processing' ? { progress } : { completedAt: at }
  return taskOf({ ...fields, ...slot, attempt: 1, status, ...ended })
}

/** The same, found by looking at everything. */
function naive(versions: ReadonlyMap<string, TaskVersion>, characterId: string) {
  const tasks = [...versions.values()]
    .filter((one): one is SlotTask => isInSlot(one) && one.characterId === characterId)
    .toSorted(compareTasks)
  const shown = (task: SlotTask | undefined) => (task && !isRemoved(task) ? task.id : undefined)
  const result = tasks.findLast(({ status }) => status === 'succeeded')
  return {
    task: shown(tasks.at(-1)) ?? shown(result),
    result: shown(result),
    done: result !== undefined,
    tried: tasks.length > 0,
  }
}

const seen = (view: PipelineView, characterId: string) => {
  const { task, result, done, tried } = (view.step('portrait') as ReturnType<PipelineView['step']>).slot(
    characterId,
  )
  return { task: task?.id, result: result?.id, done, tried }
}

describe('a slot of many tasks', () => {
  it('shows its latest task and its newest result, in whatever order they come, change and go', () =>
    assertLaw(
      fc.property(fc.array(event, { maxLength: 40, size: 'max' }), (events) => {
        const state = createState(showPipeline)
        const versions = new Map<string, TaskVersion>()
        const kept: (readonly [PipelineView, string])[] = []
        for (const [place, one] of events.entries()) {
          const version = versionOf(one, place + 1) as TaskVersion
          const held = versions.get(version.id)
          if (!held || compareVersions(version, held) > 0) versions.set(version.id, version)
          state.putTask(version)
          const view = state.viewOf('s')
          if (place % 3 > 0) for (const id of characters) expect(seen(view, id)).toEqual(naive(versions, id))
          kept.push([view, JSON.stringify(characters.map((id) => naive(versions, id)))])
        }
        // An old view shows what was then, also one that is read for the first time only now.
        for (const [view, text] of kept)
          expect(JSON.stringify(characters.map((id) => seen(view, id)))).toBe(text)
      }),
      { share: 0.3 },
    ))
})
